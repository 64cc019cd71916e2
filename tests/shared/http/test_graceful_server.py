"""A server that is asked to stop says so first, and answers until its door closes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from shared.http.bounded_protocol import BoundedProtocol
from shared.http.graceful_server import GracefulServer
from shared.runtime.service import Service, create_http
from shared.telemetry.registry import Telemetry

Eventually = Callable[..., Awaitable[None]]


class Running:
    """A server on a port of its own, with one slow door that waits for `go`."""

    def __init__(self, delay: float) -> None:
        self.announced = False
        self.go = asyncio.Event()
        self.begun = 0
        config = uvicorn.Config(
            self._answer,
            port=0,
            http=BoundedProtocol,
            interface="asgi3",
            lifespan="off",
            log_config=None,
        )
        self.server = GracefulServer(config, announce=self._announce, delay=delay)

    def _announce(self) -> None:
        self.announced = True

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        if scope["path"] == "/slow":
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    @property
    def url(self) -> str:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def signal(self, number: signal.Signals) -> None:
        """Deliver a signal as uvicorn does, but not to the process of the tests."""
        self.server.handle_exit(number, None)


Start = Callable[[float], Awaitable[Running]]


@pytest.fixture
async def start(eventually: Eventually) -> AsyncIterator[Start]:
    """Return a coroutine that starts a server; it is stopped with the test."""
    started: list[tuple[Running, asyncio.Task[None]]] = []

    async def begin(delay: float) -> Running:
        running = Running(delay)
        # Not `serve`: it would take over the signals of this process.
        task = asyncio.create_task(running.server._serve())
        started.append((running, task))
        await eventually(lambda: running.server.started, "a started server")
        return running

    yield begin
    for running, task in started:
        running.go.set()
        running.signal(signal.SIGTERM)
        running.signal(signal.SIGTERM)
        await task


async def test_while_it_waits_it_answers_and_ends_each_connection(
    start: Start, eventually: Eventually
) -> None:
    running = await start(60.0)
    async with httpx.AsyncClient(base_url=running.url) as client:
        before = await client.get("/")
        running.signal(signal.SIGTERM)
        await eventually(lambda: running.announced, "the announcement")

        after = [await client.get("/") for _ in range(3)]

    assert before.headers.get("connection") is None
    assert [(one.status_code, one.headers["connection"]) for one in after] == [(200, "close")] * 3


async def test_what_is_in_hand_gets_its_answer_after_the_door_is_closed(
    start: Start, eventually: Eventually
) -> None:
    running = await start(0.0)
    async with httpx.AsyncClient(base_url=running.url) as client:
        asking = asyncio.create_task(client.get("/slow"))
        await eventually(lambda: running.begun == 1, "the request in hand")
        running.signal(signal.SIGTERM)
        port = int(running.url.rpartition(":")[2])

        async def is_closed() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return True
            writer.close()
            return False

        await eventually(is_closed, "a closed door")
        running.go.set()

        assert (await asking).text == "done"


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_wait(
    start: Start, eventually: Eventually, second: signal.Signals
) -> None:
    running = await start(600.0)
    running.signal(signal.SIGTERM)
    await eventually(lambda: running.announced, "the announcement")
    running.signal(second)

    await eventually(lambda: not running.server.servers[0].is_serving(), "the end of the wait")


async def test_ctrl_c_does_not_wait(start: Start, eventually: Eventually) -> None:
    running = await start(600.0)
    running.signal(signal.SIGINT)

    await eventually(lambda: not running.server.servers[0].is_serving(), "a closed door")


async def test_a_service_that_will_stop_is_unready_and_alive() -> None:
    service = Service("intake", Telemetry(), ())
    transport = httpx.ASGITransport(create_http(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        before = await client.get("/readyz")
        service.announce_stop()
        ready, alive = await client.get("/readyz"), await client.get("/livez")

    assert (before.status_code, ready.status_code, alive.status_code) == (200, 503, 200)
    assert ready.text == "intake is stopping\n"

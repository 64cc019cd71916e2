"""A service that cannot start says why, but not what somebody wrote."""

import asyncio
import gc
import logging

import httpx
import pytest
import uvicorn

from shared.errors import DatabaseAway, DatabaseUntrusted, Misconfigured
from shared.runtime.component import Component
from shared.runtime.garbage_collection import YOUNG
from shared.runtime.service import Service, create_http, run
from shared.settings import ServiceSettings
from shared.telemetry.registry import Telemetry


class Broken(Component):
    """Fails to start, once and for all."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.tried = asyncio.Event()

    async def start(self) -> None:
        self.tried.set()
        raise self._error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Misconfigured("NOTIFIER_SMTP__SENDER is missing"), "NOTIFIER_SMTP__SENDER is missing"),
        (ValueError("Siti Kemuning"), "ValueError"),
    ],
    ids=["on purpose", "a mistake"],
)
async def test_why_a_start_failed_is_logged_and_nobodys_words(
    caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    part = Broken(error)
    http = create_http(Service("intake", Telemetry(), [part]))

    with caplog.at_level(logging.DEBUG):
        async with http.router.lifespan_context(http):
            await asyncio.wait_for(part.tried.wait(), 10)
            await asyncio.sleep(0)  # the task ends, and its callbacks run
            await asyncio.sleep(0)
        gc.collect()

    assert said in caplog.text
    assert "Siti Kemuning" not in caplog.text


async def probed(part: Broken) -> dict[str, tuple[int, str]]:
    http = create_http(Service("intake", Telemetry(), [part]))
    transport = httpx.ASGITransport(http)
    async with (
        http.router.lifespan_context(http),
        httpx.AsyncClient(transport=transport, base_url="http://intake") as client,
    ):
        await asyncio.wait_for(part.tried.wait(), 10)
        answers = {path: await client.get(path) for path in ("/livez", "/readyz")}
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}


@pytest.mark.parametrize("error", [Misconfigured("Siti Kemuning"), ValueError("Siti Kemuning")])
async def test_a_process_that_can_never_start_is_dead_and_says_what_failed_and_where(
    error: Exception,
) -> None:
    answers = await probed(Broken(error))

    assert answers["/livez"] == (503, "dead\n")
    status, reason = answers["/readyz"]
    assert status == 503
    assert reason.startswith(f"Broken failed to start: {type(error).__name__} at test_service.py:")
    assert "Siti" not in reason
    assert "away" not in reason


@pytest.mark.parametrize("error", [DatabaseAway("no answer"), DatabaseUntrusted("not trusted")])
async def test_a_process_that_waits_for_the_database_lives_and_says_why(
    error: DatabaseAway,
) -> None:
    answers = await probed(Broken(error))

    assert answers["/livez"] == (200, "alive\n")
    reason = f"Broken is not started: {error}\n"
    assert answers["/readyz"] == (503, reason)


class Troubled(Component):
    """Does not get on with its work."""

    def trouble(self) -> str | None:
        return "stopped at complaint-input/3"


async def test_what_nobody_else_could_do_better_is_told_and_leaves_the_process_ready() -> None:
    http = create_http(Service("router", Telemetry(), [Troubled()]))
    transport = httpx.ASGITransport(http)
    async with (
        http.router.lifespan_context(http),
        httpx.AsyncClient(transport=transport, base_url="http://router") as client,
    ):
        await asyncio.sleep(0)
        answer = await client.get("/readyz")

    assert (answer.status_code, answer.text) == (200, "ready\nstopped at complaint-input/3\n")


class Part(Component):
    """Starts."""

    def __init__(self, order: list[str]) -> None:
        self._order = order

    async def start(self) -> None:
        self._order.append("a part starts")


async def test_what_follows_a_start_follows_that_of_every_part() -> None:
    order: list[str] = []
    parts = [Part(order), Part(order)]

    await Service(
        "router", Telemetry(), parts, when_started=lambda: order.append("started")
    ).start()

    assert order == ["a part starts", "a part starts", "started"]


async def test_nothing_follows_a_start_that_failed() -> None:
    order: list[str] = []
    service = Service(
        "router",
        Telemetry(),
        [Broken(ValueError("a mistake"))],
        when_started=lambda: order.append("started"),
    )

    with pytest.raises(ValueError, match="a mistake"):
        await service.start()

    assert order == []


class Server:
    """Stands for the web server: it starts the service, and ends."""

    def __init__(self, config: uvicorn.Config, **_: object) -> None:
        self.service: Service = config.app.state.service  # type: ignore[union-attr]
        self.started = False

    def run(self) -> None:
        asyncio.run(self.service.start())
        self.started = True


def test_a_process_collects_seldom_and_leaves_out_what_lives_once_it_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    monkeypatch.setattr("shared.runtime.service.GracefulServer", Server)
    monkeypatch.setattr("shared.runtime.service.configure_logging", lambda *_, **__: None)

    try:
        run("router", create_http(Service("router", Telemetry(), [])), ServiceSettings())

        assert gc.get_threshold()[0] == YOUNG
        assert gc.get_freeze_count() > frozen
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

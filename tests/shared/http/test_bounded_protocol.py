"""The HTTP server bounds what comes before and after a request's body, in bytes and in time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from shared.http import bounded_protocol
from shared.http.bounded_protocol import MOST_HEAD, BoundedProtocol

Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BODY = b"x" * (2 * MOST_HEAD)
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: "
LARGE = b"x" * 20_000_000  # more than the kernel keeps for a connection
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the size of the body and the names of the headers, or at once."""
    size, more = 0, not scope["path"].startswith("/at-once")
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"].startswith("/at-once/large"):
        await send({"type": "http.response.body", "body": LARGE})
        return
    names = b" ".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.body", "body": b"%d %b" % (size, names)})


@pytest.fixture
async def connect(
    eventually: Callable[..., Awaitable[None]],
) -> AsyncIterator[Callable[[], Awaitable[Opened]]]:
    """Serve on a port of its own; give what opens a connection to it."""
    config = uvicorn.Config(
        echo, port=0, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, "a started server")
    port = server.servers[0].sockets[0].getsockname()[1]
    opened: list[Opened] = []

    async def connection() -> Opened:
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        return opened[-1]

    connection.server = server  # type: ignore[attr-defined]
    yield connection
    for _, writer in opened:
        writer.close()
    server.should_exit = True
    await serving


async def test_a_header_that_never_ends_is_cut_off(
    connect: Callable[[], Awaitable[Opened]],
) -> None:
    assert await is_cut_off(await connect(), b"a" * 16_384)


async def test_many_small_headers_are_counted_together(
    connect: Callable[[], Awaitable[Opened]],
) -> None:
    assert await is_cut_off(await connect(), b"a\r\nX-More: b" * 1_000)


async def test_a_trailer_that_never_ends_is_cut_off(
    connect: Callable[[], Awaitable[Opened]],
) -> None:
    assert await is_cut_off(await connect(), b"a" * 16_384, head=CHUNKED + b"0\r\nX-Long: ")
    assert await is_cut_off(await connect(), b"X: y\r\n" * 1_000, head=CHUNKED + b"0\r\n")


async def test_a_trailers_fields_are_no_headers(connect: Callable[[], Awaitable[Opened]]) -> None:
    reader, writer = await connect()

    writer.write(CHUNKED + b"3\r\nabc\r\n0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")

    await reader.readuntil(b"\r\n\r\n")
    assert b"3 host transfer-encoding\r\n" in await reader.readuntil(b"\r\n0\r\n\r\n")


async def test_many_small_chunks_are_a_body_all_the_same(
    connect: Callable[[], Awaitable[Opened]],
) -> None:
    reader, writer = await connect()

    writer.write(CHUNKED)
    for _ in range(20):
        writer.write(b"1\r\nx\r\n" * 1_000)
        await writer.drain()
    writer.write(b"0\r\n\r\n")

    await reader.readuntil(b"\r\n\r\n")
    assert b"20000 host" in await reader.readuntil(b"\r\n0\r\n\r\n")


async def test_a_body_that_never_ends_after_its_answer_ends_the_connection(
    connect: Callable[[], Awaitable[Opened]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_protocol, "HEAD_SECONDS", 0.1)
    reader, writer = await connect()

    writer.write(b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    answer = asyncio.create_task(reader.read())
    for _ in range(1_000):  # seconds, a letter now and then
        if answer.done():
            break
        writer.write(b"x")
        await asyncio.sleep(0.002)

    assert answer.done()
    assert answer.exception() is not None or answer.result().count(b"HTTP/1.1") == 1


async def is_cut_off(opened: Opened, part: bytes, *, head: bytes = HEAD) -> bool:
    """Tell whether a head or trailer that goes on and on ends the connection."""
    reader, writer = opened
    writer.write(head)
    answer = asyncio.create_task(reader.read())
    for _ in range(100 * MOST_HEAD // len(part)):
        if answer.done():
            break
        writer.write(part)
        await asyncio.sleep(0.001)
    if not answer.done():
        return False
    # Closed with our bytes unread, the connection may be reset before the answer arrives.
    return isinstance(answer.exception(), ConnectionError) or b" 400 " in answer.result()


async def test_a_body_is_not_part_of_the_head(connect: Callable[[], Awaitable[Opened]]) -> None:
    reader, writer = await connect()
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()

    for _ in range(2):  # the connection lives on
        writer.write(head + BODY)
        await reader.readuntil(b"\r\n\r\n")
        assert b"%d host" % len(BODY) in await reader.readuntil(b"\r\n0\r\n\r\n")


async def test_a_head_that_takes_too_long_ends_the_connection(
    connect: Callable[[], Awaitable[Opened]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_protocol, "HEAD_SECONDS", 0.1)
    for begun in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        reader, writer = await connect()
        writer.write(begun)

        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
        (b"GET / HTTP/1.0\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", b"200"),
    ],
)
async def test_a_request_names_one_host(
    connect: Callable[[], Awaitable[Opened]], head: bytes, status: bytes
) -> None:
    reader, writer = await connect()

    writer.write(head)

    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1") == 1
    assert status == b"200" or b"Host" in answer


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel has no such thing")
async def test_an_answer_that_nobody_reads_ends_its_connection(
    connect: Callable[[], Awaitable[Opened]],
    eventually: Callable[..., Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded_protocol, "UNREAD_SECONDS", 0.5)
    reader, writer = await connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"GET /at-once/large HTTP/1.1\r\nHost: x\r\n\r\n")
    server: uvicorn.Server = connect.server  # type: ignore[attr-defined]
    await eventually(lambda: bool(server.server_state.connections), "it is connected")

    await eventually(lambda: not server.server_state.connections, "it is ended", timeout=60)

    assert not reader.at_eof()  # its caller has not even begun

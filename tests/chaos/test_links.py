"""A link passes what it is given, holds it while it is cut, and delivers it when that heals."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from deploy.dev.chaos.links import CUT, DEAF, FAIR, HOST, MUTE, Link, Weather
from deploy.processes import free_port

pytestmark = pytest.mark.timeout(30)
SOON = 5.0


@dataclass
class Echo:
    """A server that notes what comes and sends it back."""

    heard: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    serving: set[asyncio.Task[None] | None] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            while said := await reader.read(100):
                self.heard.append(said)
                self.came.set()
                writer.write(said)
        except OSError:
            pass  # the other side has reset the connection
        finally:
            writer.transport.abort()

    async def end(self) -> None:
        """Wait until no connection is open: one left to the collector is told in another test."""
        while any(task is not None and not task.done() for task in self.serving):
            await asyncio.sleep(0)


@dataclass
class Line:
    """A link before an echo."""

    link: Link
    echo: Echo

    async def call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.link.port)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    port, echo = free_port(), Echo()
    server = await asyncio.start_server(echo.serve, HOST, port)
    link = Link("test", port)
    await link.start()
    yield Line(link, echo)
    await link.stop()
    await echo.end()
    server.close()


async def answer(reader: asyncio.StreamReader, timeout: float = SOON) -> bytes:
    return await asyncio.wait_for(reader.read(100), timeout)


@pytest.mark.parametrize("weather", [FAIR, Weather(delay=0.05)])
async def test_what_is_said_comes_back(line: Line, weather: Weather) -> None:
    line.link.set(weather)
    reader, writer = await line.call()

    writer.write(b"salam")

    assert await answer(reader) == b"salam"
    writer.close()


@pytest.mark.parametrize(("weather", "heard"), [(CUT, []), (MUTE, []), (DEAF, [b"salam"])])
async def test_a_cut_holds_a_direction_and_heals(
    line: Line, weather: Weather, heard: list[bytes]
) -> None:
    reader, writer = await line.call()
    writer.write(b"1")
    await answer(reader)
    line.link.set(weather)

    writer.write(b"salam")

    with pytest.raises(TimeoutError):
        await answer(reader, timeout=0.2)
    assert line.echo.heard[1:] == heard
    line.link.set(FAIR)
    assert await answer(reader) == b"salam"
    writer.close()


async def test_what_was_written_before_the_writer_closed_arrives_when_the_cut_heals(
    line: Line,
) -> None:
    reader, writer = await line.call()
    writer.write(b"1")
    await answer(reader)
    line.link.set(CUT)
    line.echo.came.clear()

    writer.write(b"late")
    writer.close()
    await writer.wait_closed()
    line.link.set(FAIR)

    await asyncio.wait_for(line.echo.came.wait(), SOON)
    assert line.echo.heard[-1] == b"late"


async def test_a_connection_begun_during_a_cut_is_reset_when_it_heals(line: Line) -> None:
    line.link.set(CUT)
    reader, writer = await line.call()
    writer.write(b"salam")

    line.link.set(FAIR)

    with pytest.raises(ConnectionResetError):
        await answer(reader)
    assert line.echo.heard == []
    writer.close()

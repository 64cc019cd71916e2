"""A TCP proxy between two parties: each link can be cut, cut in one direction, or delayed.

A cut keeps connections open and passes nothing, as a network does that drops packets: what was
written meanwhile waits in the kernel's buffers and arrives when the cut heals, also when its
writer has closed the connection or died since; it is dropped where the writer has reset the
connection. A connection that was begun during a cut is reset when it heals.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from deploy.processes import free_port

CHUNK = 64 * 1024
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Weather:
    """What a link does: which directions pass, and after how many seconds."""

    forth: bool = True  # from the client to the server
    back: bool = True
    delay: float = 0.0


FAIR = Weather()
CUT = Weather(forth=False, back=False)
DEAF = Weather(forth=True, back=False)  # requests arrive, answers do not
MUTE = Weather(forth=False, back=True)


class Link:
    """One listener that passes everything on to one address."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = free_port()
        self._target = port
        self._weather = FAIR
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Return where clients of this link connect."""
        return f"{HOST}:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, HOST, self.port)

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def set(self, weather: Weather) -> None:
        """Let something else happen to what passes from here on."""
        self._weather = weather
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the link stops; asyncio would report it as an error of the server
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather.forth and self._weather.back:
            try:
                there_reader, there_writer = await asyncio.open_connection(HOST, self._target)
            except OSError:
                return
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, there_writer, "forth"))
                    group.create_task(self._pump(there_reader, writer, "back"))
            finally:
                there_writer.transport.abort()
        else:
            await self._passes("forth")
            await self._passes("back")

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self._weather.delay:
                    await asyncio.sleep(self._weather.delay)
                await self._passes(way)
                if reader.exception() is not None:
                    return  # its sender has reset the connection: what was under way is dropped
                writer.write(chunk)
                await writer.drain()
        await self._passes(way)
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _passes(self, way: str) -> None:
        while not getattr(self._weather, way):
            await self._changed.wait()


class Links:
    """All links of a system, by who calls and who is called."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], Link] = {}

    def add(self, caller: str, called: str, port: int) -> Link:
        """Put a link between two parties; `port` is where the called one listens."""
        link = Link(f"{caller} to {called}", port)
        self._links[caller, called] = link
        return link

    def between(self, callers: Iterable[str], called: Iterable[str]) -> list[Link]:
        """Return the links from any of these callers to any of the called."""
        wanted = {(caller, one) for caller in callers for one in set(called)}
        return [link for pair, link in self._links.items() if pair in wanted]

    async def __aenter__(self) -> Self:
        for link in self._links.values():
            await link.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(link.stop() for link in self._links.values()))

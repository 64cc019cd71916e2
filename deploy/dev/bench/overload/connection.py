"""A caller that costs little beside what it measures: one connection, one question at a time."""

import asyncio
import re
import time
from typing import NamedTuple, Self

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"


class TimedReply(NamedTuple):
    """One answer: its status, and the seconds that it took; status 0 where none came."""

    status: int
    seconds: float


class RawConnection(asyncio.Protocol):
    """One connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._came = b""
        self._answer: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect."""
        _, wire = await asyncio.get_running_loop().create_connection(cls, host, port)
        return wire

    async def ask(self, request: bytes) -> TimedReply:
        """Send a request and wait for the whole answer."""
        began = time.perf_counter()
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            return TimedReply(0, 0.0)
        self._transport.write(request)
        status = await self._answer
        return TimedReply(status, time.perf_counter() - began)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect an answer until it is whole."""
        self._came += data
        head = self._came.find(_END)
        if head < 0:
            return
        found = _LENGTH.search(self._came, 0, head + 2)
        size = head + len(_END) + (int(found.group(1)) if found else 0)
        if len(self._came) >= size:
            status, self._came = int(self._came[9:12]), self._came[size:]
            self._settle(status)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that no answer will come."""
        self._settle(0)

    def _settle(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

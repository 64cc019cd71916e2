"""A name server for tests: knows one name, and never answers for any other."""

import asyncio
import struct
from typing import Any, Self

_HEADER = struct.Struct(">HHHHHH")
_A = 1
_LOOPBACK = bytes((127, 0, 0, 1))


class NameServer(asyncio.DatagramProtocol):
    """A UDP server on the loopback; `known` is at 127.0.0.1, and whoever asks for others waits."""

    def __init__(self, known: str) -> None:
        self.port = 0
        self.unanswered: set[bytes] = set()
        self._known = b"".join(bytes((len(part),)) + part.encode() for part in known.split("."))
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", 0)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=address)
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer a question for the known name: with its address, or that it has none such."""
        name, _, rest = data[_HEADER.size :].partition(b"\0")
        if name.lower() != self._known or self._transport is None:
            self.unanswered.add(name)
            return
        question = name + b"\0" + rest[:4]
        (kind,) = struct.unpack(">H", rest[:2])
        answer = b"\xc0\x0c" + struct.pack(">HHIH", _A, 1, 60, 4) + _LOOPBACK
        answers = [answer] if kind == _A else []
        (number,) = struct.unpack(">H", data[:2])
        header = _HEADER.pack(number, 0x8180, 1, len(answers), 0, 0)
        self._transport.sendto(header + question + b"".join(answers), addr)

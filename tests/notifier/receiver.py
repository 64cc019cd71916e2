"""An HTTP server that answers as told."""

import asyncio
import socket
import struct
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass
class Hit:
    """One request that the receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None = None  # what it was answered; None while it hangs or if it was broken off

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


RESET = 0


class Receiver:
    """An HTTP server whose paths answer as told: a status, None to hang, RESET to break off."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.at_once: dict[str, int] = defaultdict(int)
        self.most_at_once: dict[str, int] = defaultdict(int)
        self.answers: dict[str, Callable[[Hit], int | None]] = {}
        self.headers: dict[str, str] = {}
        self.reply = b"ok"
        self.released = asyncio.Event()
        self.url = ""

    def of(self, path: str) -> list[Hit]:
        """Return the requests to a path."""
        return [hit for hit in self.hits if hit.path == path]

    async def take(self, request: web.Request) -> web.Response:
        """Answer one request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        hit = Hit(request.path, headers, await request.read())
        self.at_once[hit.path] += 1
        self.most_at_once[hit.path] = max(self.most_at_once[hit.path], self.at_once[hit.path])
        try:
            answer = self.answers.get(hit.path)
            status = answer(hit) if answer else 200
            self.hits.append(hit)
            if status is None:
                await self.released.wait()
            if status == RESET:
                return _reset(request)
            await asyncio.sleep(0)
            hit.status = status or 200
            return web.Response(status=status or 200, body=self.reply, headers=self.headers)
        finally:
            self.at_once[hit.path] -= 1


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    assert transport is not None
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    return web.Response()

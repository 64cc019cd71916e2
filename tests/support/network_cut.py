"""A network that can be cut: a small proxy between a client and a broker.

While it is cut nothing passes in either direction and nobody is told: connections stay, new ones
are taken and hear nothing. Healed, what was held arrives after all, as a kernel's repeats would
bring it. Of a connection that its client has reset meanwhile nothing is left; `keeps` makes it a
middlebox that has read what the client sent and delivers even that.
"""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import Self

from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import Part
from deploy.dev.local.tansu import Tansu
from deploy.processes import free_port
from tests.conftest import BROKER

CHUNK = 65_536
_PLAIN = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,FAR:PLAINTEXT"


class Cut:
    """Listens on `port` of 127.0.0.1, passes all on to the port `target`; begins healed."""

    def __init__(self, target: int = 0, *, keeps: bool = False) -> None:
        self.target = target
        self.keeps = keeps
        self._flows = asyncio.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Return host and port as Kafka's clients want them."""
        return f"127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Let nothing pass."""
        self._flows.clear()

    def heal(self) -> None:
        """Let everything pass."""
        self._flows.set()

    async def __aenter__(self) -> Self:
        self._spawn(self._accept())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.heal()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            self._spawn(self._connect(client))

    async def _connect(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        client.setblocking(False)
        server = socket.socket()
        server.setblocking(False)
        with client, server, suppress(OSError):
            await self._flows.wait()
            await loop.sock_connect(server, ("127.0.0.1", self.target))
            both = (self._pass(client, server), self._pass(server, client))
            ways = [asyncio.create_task(way) for way in both]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, source: socket.socket, to: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._flows.wait()
            if not self.keeps and _is_reset(source):
                return
            data = await loop.sock_recv(source, CHUNK)
            await self._flows.wait()
            if not data or (not self.keeps and _is_reset(source)):
                return
            await loop.sock_sendall(to, data)

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_reset(connection: socket.socket) -> bool:
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def broker_behind(cut: Cut, folder: Path) -> Part:
    """Return a broker, not started, that sends all who ask it through the cut network.

    Apache Kafka has its own address beside it, for those who are not cut off.
    """
    if BROKER != "apache":
        tansu = Tansu(folder, advertised=cut.url)
        cut.target = tansu.port
        return tansu
    cut.target = free_port()
    kafka = ApacheKafka(folder)
    kafka.properties |= {
        "listeners": f"{kafka.properties['listeners']},FAR://127.0.0.1:{cut.target}",
        "advertised.listeners": f"PLAINTEXT://{kafka.url},FAR://{cut.url}",
        "listener.security.protocol.map": _PLAIN,
        "inter.broker.listener.name": "PLAINTEXT",
    }
    return kafka

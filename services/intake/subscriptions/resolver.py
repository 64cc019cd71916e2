"""Looks up hosts, in threads of its own: a name server that hangs must not hold anything else."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from shared.runtime.component import Component

_AT_ONCE = 64  # some whole subscriptions whose name servers all hang; threads that wait cost little


class Resolver(Protocol):
    """Finds the addresses of a host."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Return all addresses of a host, IPv4 and IPv6; none where it is not known."""
        ...


def ask_system(host: str) -> Sequence[str]:
    """Return all addresses of a host, by the machine's own resolver; OSError without any."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


class SystemResolver(Component):
    """Asks the machine's resolver; waits `seconds` at most."""

    def __init__(self, *, seconds: float, ask: Callable[[str], Sequence[str]] = ask_system) -> None:
        self._seconds = seconds
        self._ask = ask
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="resolver")

    async def stop(self) -> None:
        """Let go of what is still being asked."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def addresses(self, host: str) -> Sequence[str]:
        """Return all addresses of a host; none, too, where no answer came in time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                return await loop.run_in_executor(self._threads, self._ask, host)
        except (TimeoutError, OSError, UnicodeError):
            return ()

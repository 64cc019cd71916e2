"""The HTTP server of every service, which stops so that no caller behind a proxy notices.

On SIGTERM `/readyz` turns 503 at once, while requests are answered as before; each answer carries
`connection: close`, so that a proxy opens its next connection elsewhere. After the delay the door
is closed, what is in hand gets its answer, and the components stop.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable

import uvicorn

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.1
_CLOSE = (b"connection", b"close")


class GracefulServer(uvicorn.Server):
    """uvicorn with a time in which it says that it will stop; `delay` is seconds.

    Ctrl-C, or a second signal, ends that time at once.
    """

    def __init__(
        self, config: uvicorn.Config, *, announce: Callable[[], None], delay: float
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._delay = delay

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that this process stops, wait until proxies have seen it, then stop."""
        self._announce()
        # Part of every answer from here on; uvicorn closes the connection after one that has it.
        self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        if self._captured_signals == [signal.SIGTERM]:
            await self._wait()
        await super().shutdown(sockets)

    async def _wait(self) -> None:
        log.info("unready; the door closes in %.0f s", self._delay)
        until = time.monotonic() + self._delay
        # A look now and then: signals come from outside the loop, and set no event in it.
        while time.monotonic() < until and len(self._captured_signals) == 1:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)

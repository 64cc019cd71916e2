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
from types import FrameType
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
        self._door = config.app = _Door(cast("ASGIApp", config.app))
        super().__init__(config)
        self._announce = announce
        self._delay = delay
        self._signals: list[int] = []

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        self._signals.append(sig)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that this process stops, wait until proxies have seen it, then stop."""
        self._announce()
        self._door.is_closing = True
        if self._signals == [signal.SIGTERM]:
            await self._wait()
        await super().shutdown(sockets)

    async def _wait(self) -> None:
        log.info("unready; the door closes in %.0f s", self._delay)
        until = time.monotonic() + self._delay
        # A look now and then: signals come from outside the loop, and set no event in it.
        while time.monotonic() < until and len(self._signals) == 1:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)


class _Door:
    """The application; once it closes, each further answer is the last of its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_last = self.is_closing and scope["type"] == "http"
        await self._app(scope, receive, _closing(send) if is_last else send)


def _closing(send: Send) -> Send:
    async def send_last(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
        await send(message)

    return send_last

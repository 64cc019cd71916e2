"""uvicorn's fast HTTP parser, with bounds on a request's head, of which it has none.

Without them one caller fills the memory with a header that never ends, or holds connections by
sending a head that never ends.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 64 * 1024  # bytes of request line and headers; a little more where they come at once
HEAD_SECONDS = 20.0  # for the whole head to arrive


class BoundedProtocol(HttpToolsProtocol):
    """One connection; a head beyond its bounds is answered 400 and ends it."""

    _is_in_head = False
    _head = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and count it while the head is not whole."""
        super().data_received(data)
        if not self._is_in_head:
            return
        self._head += len(data)
        if self._head > MOST_HEAD:
            self._refuse("Request head too large.")

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._is_in_head, self._head = True, 0
        if self._deadline is None:  # a further request of this connection
            self._await_head()

    def on_headers_complete(self) -> None:
        """Stop counting: what follows is a body, which its door bounds."""
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, "Request too slow.")

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, reason: str) -> Any:
        self._is_in_head = False
        self._stop_waiting()
        if not self.transport.is_closing():
            self.send_400_response(reason)

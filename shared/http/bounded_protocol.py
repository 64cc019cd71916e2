"""uvicorn's fast HTTP parser, with bounds on what comes before and after a request's body.

Without them one caller fills the memory with a header or a trailer that never ends, or holds
connections by sending a request that never ends.

uvicorn has no public way to say so, hence a subclass of its protocol: the only module that builds
on uvicorn's insides, read in the release `CHECKED`. `tests/shared/http/test_uvicorn_parts.py` fails
where they are others, and says what to look at.
"""

import asyncio
import socket
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CHECKED = "0.54.0"  # uvicorn
MOST_HEAD = 64 * 1024  # bytes of request line and headers; a little more where they come at once
UNREAD_SECONDS = 30.0  # an answer that its caller does not read lies in the kernel's memory
HEAD_SECONDS = 20.0  # for the whole head to arrive, or for the rest of what was answered already


class BoundedProtocol(HttpToolsProtocol):
    """One connection; a head or trailer beyond its bounds is answered 400 and ends it."""

    _is_in_head = False
    _is_in_body = False  # until the trailer's end
    _has_body = False  # what came last
    _beside_body = 0  # bytes in a row
    _unanswered = 0  # requests whose heads have come
    _deadline: asyncio.TimerHandle | None = None
    _wrong = ""  # what breaks the standard, though the parser let it pass

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and wait for the first request."""
        super().connection_made(transport)
        _end_where_nobody_reads(transport)
        self._end_after("Request too slow.")

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and count what is neither body nor between two requests."""
        self._has_body = False
        super().data_received(data)
        if self._has_body or not (self._is_in_head or self._is_in_body):
            self._beside_body = 0
            return
        self._beside_body += len(data)
        if self._beside_body > MOST_HEAD:
            self._refuse("Request head too large.")

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._is_in_head, self._beside_body = True, 0
        if self._deadline is None:  # a further request of this connection
            self._end_after("Request too slow.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header in; a trailer's fields are dropped: one could pass for a proxy's."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the clock: what follows is a body, which its door bounds."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._wrong = f"One Host header is needed, not {hosts}."  # RFC 9112, section 3.2
            raise httptools.HttpParserError(self._wrong)
        self._is_in_head, self._is_in_body = False, True
        self._beside_body = 0
        self._unanswered += 1
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body in."""
        self._has_body = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._is_in_body = False
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End an answer; a caller that has not sent its whole body has not for ever to do so."""
        super().on_response_complete()
        self._unanswered -= 1
        if self._is_in_body and not self._unanswered and self._deadline is None:
            self._end_after()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong, as far as it is known here, and end the connection."""
        super().send_400_response(self._wrong or msg)

    def _end_after(self, reason: str = "") -> None:
        end = (self._refuse, reason) if reason else (self.transport.close,)
        self._deadline = self.loop.call_later(HEAD_SECONDS, *end)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, reason: str) -> Any:
        self._is_in_head = self._is_in_body = False
        self._stop_waiting()
        if not self.transport.is_closing():
            self.send_400_response(reason)


def _end_where_nobody_reads(transport: asyncio.BaseTransport) -> None:
    """Have the kernel end a connection on which nothing that was sent is taken for so long."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        most = round(UNREAD_SECONDS * 1_000)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, most)

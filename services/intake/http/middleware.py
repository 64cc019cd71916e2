"""Around all doors: a bound on requests in hand, their count and time, and the last answer.

What is left of a caller's quota is added to every answer.

An exception that nobody expected is logged by its place alone: its message may quote a citizen.
"""

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.intake.http.access import SUBMISSIONS, AccessControl
from services.intake.http.direct_route import DirectDoors
from services.intake.http.load_shedding import LoadShedder, RequestSlot
from services.intake.http.problems import Problem, overloaded
from shared.telemetry.logs import log_mistake
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import Tracing, current, traceparent_in

log = logging.getLogger(__name__)
_DOORS = "/v1/"
_SLOT = "salur.slot"  # in the scope of a request
MOST_PATH, MOST_QUERY = 2_000, 8_000  # bytes; what a door means takes a few hundred
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GONE = 499  # the caller hung up before an answer


class RequestMiddleware:
    """ASGI middleware of the doors under `/v1/`."""

    def __init__(  # noqa: PLR0913 - middleware takes its parts by name
        self,
        app: ASGIApp,
        *,
        admission: AccessControl,
        telemetry: Telemetry,
        tracing: Tracing,
        backlog: LoadShedder,
        retry_after: int,
        direct: DirectDoors,
    ) -> None:
        self._app = app
        self._direct = direct
        self._admission = admission
        self._tracing = tracing
        self._backlog = backlog
        self._retry_after = retry_after
        self._shed = telemetry.counter("salur_requests_shed_total")
        telemetry.gauge("salur_expected_wait_seconds").set_function(lambda: backlog.wait)
        self._count = telemetry.counter("salur_http_requests_total")
        self._seconds = telemetry.histogram("salur_http_request_seconds")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless there are too many; count it."""
        if scope["type"] != "http" or not scope["path"].startswith(_DOORS):
            return await self._app(scope, receive, send)
        started = time.perf_counter()
        given = traceparent_in(scope["headers"])
        span = self._tracing.enter("intake request", given, kind="server")
        before, status = current.set(span.trace), _GONE
        lane = self._admission.lane(scope)
        slot = scope[_SLOT] = RequestSlot(self._backlog, lane, is_queued=_is_queued(scope))
        try:
            status = await self._answer(scope, receive, send)
        finally:
            slot.give(is_done=status < 300)
            current.reset(before)
            door = getattr(scope.get("route"), "path", "unknown")
            span.end(_about(scope, door, status), "refused" if status >= 500 else None)
        self._admission.settle(scope, status)
        self._count.labels(door, str(status)).inc()
        self._seconds.labels(door).observe(time.perf_counter() - started)

    def _refusal(self, scope: Scope) -> Problem | None:
        if _is_too_long(scope):
            detail = f"at most {MOST_PATH} bytes of path and {MOST_QUERY} of query"
            return Problem(414, "uri_too_long", detail)
        if not scope[_SLOT].take():
            self._shed.labels(scope[_SLOT].lane.value).inc()
            return overloaded(self._retry_after)
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        if refusal := self._refusal(scope):
            await refusal.response()(scope, receive, send)
            return refusal.status
        seen = 0

        async def watch(message: Message) -> None:
            nonlocal seen
            if message["type"] == "http.response.start":
                seen = message["status"]
                MutableHeaders(scope=message).update(self._admission.headers(scope))
            await send(message)

        try:
            door = self._direct.get((scope["method"], scope["path"]), self._app)
            await door(scope, receive, watch)
        except ClientDisconnect:
            return _GONE
        except Exception as error:
            log_mistake(log, "a door", error)
            if not seen:
                await _mistake().response()(scope, receive, send)
            return 500
        return seen


def _about(scope: Scope, door: str, status: int) -> dict[str, str | int]:
    # The door and not the path: what a caller writes there may be anything.
    method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
    return {
        "http.request.method": method,
        "http.route": door,
        "http.response.status_code": status,
    }


def slot_of(request: Request) -> RequestSlot:
    """Return the slot of a request that came past the middleware."""
    slot: RequestSlot = request.scope[_SLOT]
    return slot


def _is_queued(scope: Scope) -> bool:
    """Tell whether a request brings a complaint or an action: what waits for Kafka's word."""
    path = scope["path"]
    return scope["method"] == "POST" and (path in SUBMISSIONS or path.endswith("/actions"))


def _is_too_long(scope: Scope) -> bool:
    return len(scope["path"]) > MOST_PATH or len(scope["query_string"]) > MOST_QUERY


def _mistake() -> Problem:
    return Problem(500, "internal_error", "a mistake of this service; it is in its log")

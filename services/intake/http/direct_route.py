"""What doors that many come through use instead of the framework's own reading of requests."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

# Read by the doors themselves, and shown in OpenAPI so: the framework takes 30 microseconds for
# one header, on the way of every complaint.
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 200 visible ASCII characters; a UUID without an API key",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
TRACKING_CODE = {
    "name": "Tracking-Code",
    "in": "header",
    "required": False,
    "description": "the reporter's key, instead of an API key",
    "schema": {"type": "string", "maxLength": 60},
}


class DirectRoute(APIRoute):
    """Calls its function with the request, and sends the response that it returns.

    In the OpenAPI document it is like any other. What FastAPI does in between, for parameters and
    models that such a function has not, takes as long as reading the body.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler

"""A route for doors that many come through at once."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class DirectRoute(APIRoute):
    """Calls its function with the request, and sends the response that it returns.

    In the OpenAPI document it is like any other. What FastAPI does in between, for parameters and
    models that such a function has not, takes as long as reading the body.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler

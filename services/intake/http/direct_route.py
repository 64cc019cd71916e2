"""What doors that many come through use instead of the framework's own reading of requests."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from services.intake.http.problems import REFUSED, answer_to

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


DirectDoors = Mapping[tuple[str, str], ASGIApp]  # by method and path


def direct_doors(routers: Iterable[APIRouter], *, retry_after: int) -> DirectDoors:
    """Return those doors of the routers that a request may be handed to at once.

    The framework's own layers and its search for the route took a fifth of what a complaint costs
    in this process. What has a parameter in its path stays with the framework.
    """
    return {
        (method, route.path): _door(route, retry_after)
        for router in routers
        for route in router.routes
        if isinstance(route, DirectRoute) and "{" not in route.path
        for method in route.methods or ()
    }


def _door(route: DirectRoute, retry_after: int) -> ASGIApp:
    handler = route.get_route_handler()

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"], scope["endpoint"] = route, route.endpoint
        try:
            response = await handler(Request(scope, receive, send))
        except REFUSED as error:
            response = answer_to(error, retry_after=retry_after)
        await response(scope, receive, send)

    return door

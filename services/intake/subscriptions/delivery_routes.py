"""`GET /v1/agencies/{code}/deliveries`: what became of the messages to an institution."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.intake.cases.routes import invalid_cursor
from services.intake.context import IntakeContext
from services.intake.http.cursors import Cursors
from services.intake.http.problems import answered_within
from services.intake.http.responses import plain_answer, refusals
from services.intake.subscriptions.delivery_log import (
    DeliveryPage,
    DeliveryPosition,
    DeliveryQuery,
    position_of_delivery,
)
from services.intake.subscriptions.routes import check_owner
from services.intake.subscriptions.store import UnreadableStoredSubscription


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of the delivery log."""
    doors = APIRouter(tags=["agencies"])
    seconds = reception.settings.answer_seconds

    async def owners(code: str, request: Request) -> None:
        async with answered_within(seconds):
            check_owner(reception, await reception.known_caller(request), code)

    @doors.get(
        "/v1/agencies/{code}/deliveries",
        dependencies=[Depends(owners)],
        response_model=DeliveryPage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 422, 503),
    )
    async def deliveries(code: str, query: Annotated[DeliveryQuery, Query()]) -> Response:
        """List what was sent to an institution's endpoints, newest first, without its words."""
        async with answered_within(seconds):
            return plain_answer(await _page(reception, code, query))

    return doors


async def _page(reception: IntakeContext, code: str, query: DeliveryQuery) -> DeliveryPage:
    cursors = Cursors(reception.secrets.all, (f"deliveries:{code}", *query.filters))
    after = _after(cursors, query)
    names = await _names(reception, code)
    store = reception.subscriptions
    rows = await store.deliveries(code, query, names=names, after=after)
    items = tuple(rows[: query.limit])
    more = len(rows) > query.limit
    end = position_of_delivery(items[-1]) if more else None
    following = cursors.write(end.at, end.delivery_id) if end else None
    return DeliveryPage(items=items, next=following)


async def _names(reception: IntakeContext, code: str) -> Mapping[str, str]:
    try:
        known = (await reception.subscriptions.subscription(code)).endpoints
    except UnreadableStoredSubscription as found:
        known = found.endpoints
    return {endpoint.endpoint_id: endpoint.name for endpoint in known}


def _after(cursors: Cursors, query: DeliveryQuery) -> DeliveryPosition | None:
    if query.cursor is None:
        return None
    found = cursors.read(query.cursor)
    if found is None:
        raise invalid_cursor()
    return DeliveryPosition(*found)

"""Erasure of deliveries: a row keeps what happened and when, and loses what anybody wrote."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from services.notifier.domain.delivery.deliveries import Delivery, Notice
from shared.contracts.case import Place
from shared.contracts.events import AgencyComplaint, AgencyEvent, AgencyOutcome, EndpointTest

_NO_WORDS = {"title": "", "text": "", "place": Place(), "supplements": (), "similar": ()}


def erased_in(notices: Iterable[Notice]) -> frozenset[UUID]:
    """Return the complaints that these notices say are erased."""
    events = (notice.event for notice in notices)
    return frozenset(
        event.complaint_id
        for event in events
        if not isinstance(event, EndpointTest) and event.outcome is AgencyOutcome.ERASED
    )


def without_words(rows: Sequence[Delivery], erased: frozenset[UUID]) -> list[Delivery]:
    """Return the rows, blank where their complaint is erased."""
    return [
        replace(row, body=blanked_body(row.body)) if row.complaint_id in erased else row
        for row in rows
    ]


def blanked_body(body: str) -> str:
    """Return a payload that says the same without words; empty where it is no agency's event.

    Blanked again it is the same.
    """
    try:
        payload = json.loads(body)
        event = AgencyEvent.model_validate(payload["data"])
    except (ValueError, KeyError, TypeError):
        return ""
    blank = _blanked(event).model_dump(mode="json", exclude_none=True)
    return json.dumps({**payload, "data": blank}, ensure_ascii=False, separators=(",", ":"))


def _blanked(event: AgencyEvent) -> AgencyEvent:
    complaint = event.complaint and _blanked_complaint(event.complaint)
    return event.model_copy(update={"text": None, "place": None, "complaint": complaint})


def _blanked_complaint(complaint: AgencyComplaint) -> AgencyComplaint:
    return complaint.model_copy(update=_NO_WORDS)

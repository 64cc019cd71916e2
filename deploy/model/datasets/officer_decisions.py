"""What officers decided, as rows to train on: read from the collection `cases`, never written.

Texts are those that Kafka knows: masked, without identity. They are still citizens' words, so the
file is for its owner's eyes only.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.router.domain.case.history import (
    STAFF,
    applied,
    chosen_by_staff,
    current_complaint,
    still_chosen,
)
from shared.contracts.case import Case, Decision, Entry, InputKind
from shared.contracts.documents import WHOLE_CASE
from shared.database.mongo import Collection

PAGE = 100  # cases at once in memory; one may have 768 kB


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One complaint and who answers for it, as people settled it; fields are the file's columns.

    `text` is what the officer had read: the report and what had been added to it by then. `was_…`
    is what the router had made of it before; `was_institution` is empty where that was triage.
    """

    number: str
    received_at: str
    decided_at: str
    title: str
    text: str
    category: str
    institution: str
    unit: str
    region: str
    was_rule: str
    was_institution: str
    was_category: str


class SkipReason(StrEnum):
    """Why a case that staff had to do with gives no row; each is counted."""

    REFUSED = "refused"  # no route of theirs was possible
    UNIT_ONLY = "unit_only"  # they named a unit, and let the rest stand without judging it
    TRANSFERRED = "transferred_away"  # the institution said that it is not its own
    EMPTY = "empty"  # erased, or never any text
    EARLIER = "before_since"


def row_of(case: Case, since: datetime | None = None) -> DecisionRow | SkipReason:
    """Return the row of a case that officers or operators routed, or why there is none.

    To change the category of a case, and let the institution stand, settles it as well.
    """
    route = still_chosen(case)
    if route is None:
        return SkipReason.REFUSED if chosen_by_staff(case) is None else SkipReason.TRANSFERRED
    if not _is_settled(case):
        return SkipReason.UNIT_ONLY
    if since is not None and route.at < since:
        return SkipReason.EARLIER
    read = current_complaint(case.as_of(route.seq))
    if not read.text.strip():
        return SkipReason.EMPTY
    was = _guess(case, route)
    return DecisionRow(
        number=read.number,
        received_at=read.received_at.isoformat(),
        decided_at=route.at.isoformat(),
        title=read.title,
        text=read.text,
        category=route.category or "",
        institution=route.institution or "",
        unit=route.unit or "",
        region=(was.region if was else None) or read.place.region_code or "",
        was_rule=was.rule if was else "",
        was_institution=(was.institution if was else None) or "",
        was_category=(was.category if was else None) or "",
    )


def _is_settled(case: Case) -> bool:
    moved = max((entry.seq for entry in applied(case, InputKind.TRANSFER)), default=0)
    settling = (
        *applied(case, InputKind.ROUTE),
        *(entry for entry in applied(case, InputKind.ASSIGN_UNIT) if _recategorises(case, entry)),
    )
    return any(entry.seq > moved and entry.actor.kind in STAFF for entry in settling)


def _recategorises(case: Case, entry: Entry) -> bool:
    return entry.category != case.history[entry.seq - 2].category


def _guess(case: Case, route: Entry) -> Decision | None:
    before = (entry.decision for entry in reversed(case.history[: route.seq - 1]))
    return next((decision for decision in before if decision is not None), None)


async def decided_by_people(cases: Collection, since: datetime | None) -> AsyncIterator[Case]:
    """Yield the cases that staff asked to route or to assign, in order of their ids, by pages.

    `since` leaves out those that have not changed from then on. Raises DatabaseAway.
    """
    assigned = {"input": InputKind.ASSIGN_UNIT.value, "actor.kind": {"$in": sorted(STAFF)}}
    where: dict[str, Any] = {
        "$or": [
            {"history.input": InputKind.ROUTE.value},
            # Institutions assign most of their cases to a unit: those are not read.
            {"history": {"$elemMatch": assigned}},
        ]
    }
    if since is not None:
        where["updated_at"] = {"$gte": since}
    while True:
        found = await cases.find(where, fields=WHOLE_CASE, sort=[("_id", 1)], limit=PAGE)
        for document in found:
            yield Case.model_validate(document)
        if len(found) < PAGE:
            return
        where["_id"] = {"$gt": found[-1]["_id"]}

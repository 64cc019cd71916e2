"""How lists of cases are asked of MongoDB: by key, never by offset, along the router's indexes."""

from typing import Any

from services.intake.cases.models import (
    AgencyQuery,
    AgencyRow,
    TriageQuery,
    WaitingRow,
    waiting_row,
)
from services.intake.http.cursors import Position
from shared.contracts.case import Case, Status
from shared.contracts.documents import CaseDocument

Document = dict[str, Any]
LISTED = (
    *("number", "status", "unit", "category", "overdue", "due", "received_at", "updated_at"),
    *("complaint.type", "complaint.title", "complaint.channel"),
)


def agency_cases_filter(agency: str, query: AgencyQuery, after: Position | None) -> Document:
    """Return what an institution's cases behind a position match, newest change first."""
    where: Document = {"institution": agency}
    if query.status:
        where["status"] = {"$in": [status.value for status in query.status]}
    if query.unit is not None:
        where["unit"] = query.unit
    if query.overdue is not None:
        where["overdue"] = _is_overdue(overdue=query.overdue)
    changed: Document = {}
    if query.since is not None:
        changed["$gte"] = query.since
    if query.until is not None:
        changed["$lt"] = query.until
    parts = [{"updated_at": changed}] if changed else []
    if query.category is not None:
        parts.append(_category(query.category))
    if after is not None:
        # The bound alone lets the index begin there; the choice within it settles equal instants.
        parts.append({"updated_at": {"$lte": after.at}})
        parts.append(_behind("updated_at", "$lt", after))
    return {**where, "$and": parts} if parts else where


def waiting_cases_filter(query: TriageQuery, after: Position | None) -> Document:
    """Return what the cases that wait behind a position match, oldest first."""
    where: Document = {"status": Status.UNVERIFIED.value}
    if query.reason is not None:
        where["triage_reason"] = query.reason
    if query.overdue is not None:
        where["overdue"] = _is_overdue(overdue=query.overdue)
    if after is not None:
        where["received_at"] = {"$gte": after.at}
        where |= _behind("received_at", "$gt", after)
    return where


def to_agency_row(document: CaseDocument) -> AgencyRow:
    """Return the row in a document."""
    return AgencyRow.model_validate(
        {**document, **document["complaint"], "complaint_id": document["_id"]}
    )


def to_waiting_row(document: CaseDocument) -> WaitingRow:
    """Return the row in a document."""
    case, overdue = Case.model_validate(document), bool(document.get("overdue"))
    return waiting_row(case, document.get("triage_reason"), overdue=overdue)


def _is_overdue(*, overdue: bool) -> object:
    return True if overdue else {"$ne": True}


def _behind(field: str, comparison: str, after: Position) -> Document:
    same = {field: after.at, "_id": {comparison: after.complaint_id}}
    return {"$or": [{field: {comparison: after.at}}, same]}


def _category(slug: str) -> Document:
    # `/` is the character after `.`: all that begins with the slug and a dot.
    below = {"category": {"$gte": f"{slug}.", "$lt": f"{slug}/"}}
    return {"$or": [{"category": slug}, below]}

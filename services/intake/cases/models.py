"""Lists of cases: what may be asked for, and a row of each as its readers see it."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from itertools import takewhile
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.contracts.actions import CategorySlug
from shared.contracts.case import (
    Candidate,
    Case,
    Channel,
    Entry,
    InputKind,
    Outcome,
    Place,
    Question,
    ReportType,
    Similar,
    Status,
)
from shared.contracts.deadlines import Deadline
from shared.contracts.identifiers import CATEGORY
from shared.contracts.value_objects import Frozen, Instant, to_instant

MOST_ROWS, USUAL_ROWS = 200, 50
MOST_CURSOR, MOST_INSTANT, MOST_UNIT = 200, 40, 100  # characters
WIB = timezone(timedelta(hours=7), "WIB")  # Waktu Indonesia Barat; days follow its calendar
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OF_COMPLAINT = {
    *("complaint_id", "number", "received_at", "type", "title", "text", "channel", "institution")
}
_OF_DECISION = {"candidates", "missing", "questions", "similar"}
_ADDED = frozenset({InputKind.SUPPLEMENT, InputKind.REPLY, InputKind.REOPEN})
_GIVEN_UP = frozenset({InputKind.TRANSFER, InputKind.UNDELIVERABLE})
_OVERDUE = "true: a deadline has passed; false: none has"
_HOW = "Use a date such as 2026-03-01, or an instant such as 2026-03-01T08:00:00Z"


def _instant(text: object, *, end: bool) -> datetime:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=end)
            return to_instant(datetime.combine(day, time(), WIB))
        at = datetime.fromisoformat(str(text)[: MOST_INSTANT + 1])
        if at.tzinfo is not None:
            return to_instant(at)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("invalid_instant", _HOW)


_TEXT = WithJsonSchema({"type": "string", "maxLength": MOST_INSTANT})
Since = Annotated[datetime, BeforeValidator(lambda text: _instant(text, end=False)), _TEXT]
Until = Annotated[datetime, BeforeValidator(lambda text: _instant(text, end=True)), _TEXT]


class PageQuery(Frozen):
    """How much of a list, and from where on."""

    limit: int = Field(
        USUAL_ROWS,
        ge=1,
        le=MOST_ROWS,
        description=f"rows of a page, 1 to {MOST_ROWS}; {USUAL_ROWS} without it",
    )
    cursor: Annotated[str, Field(max_length=MOST_CURSOR)] | None = Field(
        None, description="`next` of the page before, with the same filters; the first without it"
    )

    @property
    def filters(self) -> tuple[str, ...]:
        """Return what a cursor belongs to: all but the page itself."""
        given = self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)
        return tuple(f"{name}={value}" for name, value in given.items())


class AgencyQuery(PageQuery):
    """Which of an institution's cases; `since` and `until` are about the last change.

    A day as `until` is included, an instant is not. A main category includes its own.
    """

    status: tuple[Status, ...] = Field((), description="may be repeated")
    unit: Annotated[str, Field(max_length=MOST_UNIT, pattern=r"^[^\x00]*$")] | None = Field(
        None, description="the unit, as it was assigned"
    )
    category: CategorySlug | None = Field(
        None, description="a category; a main one includes its own"
    )
    since: Since | None = Field(None, description="changed from this day (WIB) or instant on")
    until: Until | None = Field(
        None, description="changed up to this day (included) or before the instant"
    )
    overdue: bool | None = Field(None, description=_OVERDUE)


class TriageQuery(PageQuery):
    """Which of the waiting cases; `reason` is a rule of the router, such as `incomplete`."""

    reason: Annotated[str, Field(pattern=f"^{CATEGORY.pattern}$")] | None = Field(
        None, description="why nobody has it: a rule such as `incomplete`"
    )
    overdue: bool | None = Field(None, description=_OVERDUE)


class AgencyRow(Frozen):
    """A case in its institution's list; the whole is at `/v1/complaints/{number}`.

    `due`: by when to answer; missing while the case waits for its reporter and once it is done.
    """

    complaint_id: UUID
    number: str
    status: Status
    unit: str | None = None
    category: str | None = None
    overdue: bool = False
    due: Instant | None = None
    received_at: Instant
    updated_at: Instant
    type: ReportType
    title: str
    channel: Channel


class GivenUp(Frozen):
    """An institution has said that the case is not its own, or cannot be reached."""

    institution: str | None = None
    at: Instant
    text: str | None = None


class WaitingRow(Frozen):
    """A case that waits for an officer, with all that helps to decide.

    `deadline` is the last that rang while it waits; `overdue`: the limit itself has passed.
    """

    complaint_id: UUID
    number: str
    received_at: Instant
    updated_at: Instant
    reason: str | None = None
    overdue: bool = False
    deadline: Deadline | None = None
    type: ReportType
    title: str
    text: str
    supplements: tuple[str, ...] = ()
    place: Place
    channel: Channel
    institution: str | None = None  # the reporter's choice
    category: str | None = None
    candidates: tuple[Candidate, ...] = ()
    missing: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    similar: tuple[Similar, ...] = ()
    given_up: tuple[GivenUp, ...] = ()


class AgencyPage(Frozen):
    """A page of an institution's cases; `next` is the cursor of the next one, if there is one."""

    items: tuple[AgencyRow, ...]
    next: str | None = None


class TriagePage(Frozen):
    """A page of the cases that wait; `next` is the cursor of the next one, if there is one."""

    items: tuple[WaitingRow, ...]
    next: str | None = None


def waiting_row(case: Case, reason: str | None, *, overdue: bool = False) -> WaitingRow:
    """Return what an officer is shown of a case that nobody holds.

    `reason` and `overdue` are what the router keeps beside the history.
    """
    complaint, history = case.complaint, _applied(case)
    return WaitingRow(
        **complaint.model_dump(include=_OF_COMPLAINT),
        place=complaint.place,
        updated_at=case.last.at,
        reason=reason,
        overdue=overdue,
        deadline=_rang(history),
        supplements=tuple(e.text for e in history if e.text and e.input in _ADDED),
        category=case.last.category,
        given_up=tuple(_given_up(entry) for entry in history if entry.input in _GIVEN_UP),
        **_guesses(history),
    )


def _guesses(history: Sequence[Entry]) -> dict[str, Any]:
    made = (entry.decision for entry in reversed(history) if entry.decision is not None)
    decision = next(made, None)
    return {} if decision is None else decision.model_dump(include=_OF_DECISION)


def _rang(history: Sequence[Entry]) -> Deadline | None:
    waiting = takewhile(lambda entry: entry.institution is None, reversed(history))
    return next((entry.deadline for entry in waiting if entry.deadline is not None), None)


def _given_up(entry: Entry) -> GivenUp:
    return GivenUp(institution=entry.previous, at=entry.at, text=entry.text)


def _applied(case: Case) -> list[Entry]:
    return [entry for entry in case.history if entry.outcome is not Outcome.REFUSED]

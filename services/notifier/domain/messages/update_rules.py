"""What a reporter is told of each outcome, by whoever brought it about: one table decides.

The first row that fits an entry counts. The table in the notifier's README is made from here.
"""

from collections.abc import Set
from enum import StrEnum
from typing import NamedTuple

from shared.contracts.case import ActorKind, Case, Entry, InputKind, Outcome, Status
from shared.contracts.case_limits import (
    MOST_FROM_REPORTER,
    MOST_REOPENINGS,
    reopenings,
    said_by_reporter,
)
from shared.contracts.deadlines import LegalClock


class UpdateKind(StrEnum):
    """What has happened, as a reporter sees it."""

    RECEIVED = "received"  # the first message, with the tracking code
    ROUTED = "routed"
    RETURNED = "returned"
    FOLLOWED_UP = "followed_up"
    COMPLETED = "completed"
    CLOSING_SOON = "closing_soon"
    CLOSED = "closed"
    ARCHIVED = "archived"
    REOPENED = "reopened"


class UpdateCondition(StrEnum):
    """What must hold of an entry besides its outcome and its actor."""

    ALWAYS = ""
    FIRST = "it is the first entry"
    REOPENS = "it reopens the case"
    ELSEWHERE = "an institution has it that did not before"
    ASKS = "in triage, with questions open"
    CLOSES = "the case is about to close by itself"


class UpdateRule(NamedTuple):
    """One row: of these outcomes, by these actors, this is told; None: nothing.

    `has_words`: what the actor wrote was written for the reporter, and stands as the actor's own.
    """

    outcomes: Set[Outcome]
    actors: Set[ActorKind]
    kind: UpdateKind | None
    when: UpdateCondition = UpdateCondition.ALWAYS
    has_words: bool = False


_ALL = frozenset(ActorKind)
_STAFF = frozenset({ActorKind.OFFICER, ActorKind.OPERATOR})
_HOLDER = frozenset({ActorKind.AGENCY, ActorKind.OPERATOR})
_ROUTER = frozenset({ActorKind.ROUTER})
_MOVES = frozenset(
    {
        Outcome.ROUTED,
        Outcome.TRIAGED,
        Outcome.TRANSFERRED,
        Outcome.SUPPLEMENTED,
        Outcome.REOPENED,
    }
)
TABLE = (
    UpdateRule(
        frozenset({Outcome.ROUTED, Outcome.TRIAGED}),
        _ROUTER,
        UpdateKind.RECEIVED,
        UpdateCondition.FIRST,
    ),
    UpdateRule(_MOVES, _STAFF, UpdateKind.REOPENED, UpdateCondition.REOPENS),
    UpdateRule(_MOVES, _ALL, UpdateKind.ROUTED, UpdateCondition.ELSEWHERE),
    UpdateRule(_MOVES, _ALL, UpdateKind.RETURNED, UpdateCondition.ASKS),
    UpdateRule(
        frozenset({Outcome.RETURNED}),
        _STAFF | _HOLDER,
        UpdateKind.RETURNED,
        has_words=True,
    ),
    UpdateRule(frozenset({Outcome.FOLLOWED_UP}), _HOLDER, UpdateKind.FOLLOWED_UP, has_words=True),
    UpdateRule(frozenset({Outcome.COMPLETED}), _HOLDER, UpdateKind.COMPLETED, has_words=True),
    UpdateRule(
        frozenset({Outcome.WARNED}), _ROUTER, UpdateKind.CLOSING_SOON, UpdateCondition.CLOSES
    ),
    UpdateRule(frozenset({Outcome.AUTO_CLOSED}), _ROUTER, UpdateKind.CLOSED),
    UpdateRule(
        frozenset({Outcome.ARCHIVED}),
        _STAFF | _HOLDER,
        UpdateKind.ARCHIVED,
        has_words=True,
    ),
    UpdateRule(frozenset(Outcome), _ALL, None),
)
# What reporters may do with a case in a status, of what a message may offer.
OFFERED: dict[Status, frozenset[InputKind]] = {
    Status.UNVERIFIED: frozenset({InputKind.SUPPLEMENT}),
    Status.ROUTED: frozenset({InputKind.REPLY}),
    Status.IN_PROGRESS: frozenset({InputKind.REPLY}),
    Status.POSTPONED: frozenset({InputKind.SUPPLEMENT}),
    Status.COMPLETED: frozenset({InputKind.REOPEN}),
    Status.ARCHIVED: frozenset(),
}


def rule_for(case: Case) -> UpdateRule:
    """Return the row for the newest entry of a case."""
    entry = case.last
    return next(
        row
        for row in TABLE
        if entry.outcome in row.outcomes
        and entry.actor.kind in row.actors
        and _holds(row.when, case, entry)
    )


def offers(case: Case) -> frozenset[InputKind]:
    """Return what the reporter may do with a case as it is: nothing that would be refused."""
    if case.is_erased or len(said_by_reporter(case)) >= MOST_FROM_REPORTER:
        return frozenset()
    offered = OFFERED[case.last.status]
    return offered - {InputKind.REOPEN} if reopenings(case) >= MOST_REOPENINGS else offered


def asks(entry: Entry) -> bool:
    """Tell whether a report waits in triage for answers to questions."""
    return (
        entry.status is Status.UNVERIFIED
        and entry.decision is not None
        and bool(entry.decision.questions)
    )


def _holds(when: UpdateCondition, case: Case, entry: Entry) -> bool:
    match when:
        case UpdateCondition.FIRST:
            return entry.seq == 1
        case UpdateCondition.REOPENS:
            return entry.input is InputKind.REOPEN
        case UpdateCondition.ELSEWHERE:
            return _is_elsewhere(case, entry)
        case UpdateCondition.ASKS:
            return asks(entry)
        case UpdateCondition.CLOSES:
            return entry.deadline is not None and entry.deadline.clock is LegalClock.AUTO_CLOSE
    return True


def _is_elsewhere(case: Case, entry: Entry) -> bool:
    before = case.history[-2].institution if len(case.history) > 1 else None
    return entry.institution is not None and entry.institution != before

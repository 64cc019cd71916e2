"""What a reporter is told of a history entry, as public facts: no contact, nobody's report.

Of words only those stand here that were written for the reporter: the institution's, and the
questions of the taxonomy.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.case import ActorKind, ArchiveReason, Case, Entry, Outcome, Question, Status
from shared.deadline import LegalClock
from shared.events import CaseChanged
from shared.models import Frozen

MOST_WORDS = 2_000  # letters of an institution's answer; the rest stands in the timeline
MOST_QUESTIONS = 5


class NewsKind(StrEnum):
    """What has happened, as a reporter sees it."""

    RECEIVED = "received"  # the first message, with the tracking code
    ROUTED = "routed"
    RETURNED = "returned"
    FOLLOWED_UP = "followed_up"
    COMPLETED = "completed"
    CLOSING_SOON = "closing_soon"
    CLOSED = "closed"


class News(Frozen):
    """One message before it has words; this is what lies in its row."""

    kind: NewsKind
    number: str
    institution: str | None = None
    questions: tuple[Question, ...] = ()
    text: str | None = None
    reason: ArchiveReason | None = None


_BY_OUTCOME = {
    Outcome.RETURNED: NewsKind.RETURNED,
    Outcome.FOLLOWED_UP: NewsKind.FOLLOWED_UP,
    Outcome.COMPLETED: NewsKind.COMPLETED,
    Outcome.AUTO_CLOSED: NewsKind.CLOSED,
    Outcome.ARCHIVED: NewsKind.CLOSED,
}
_STAFF = frozenset({ActorKind.AGENCY, ActorKind.OFFICER, ActorKind.OPERATOR})


def news_of(event: CaseChanged) -> News | None:
    """Return what the reporter is told of an event; None where nothing is to be told."""
    entry = event.case.last
    kind = _kind(event.case, entry)
    if kind is None:
        return None
    return News(
        kind=kind,
        number=event.number,
        institution=entry.institution,
        questions=_questions(entry),
        text=_words(entry),
        reason=entry.reason if kind is NewsKind.CLOSED else None,
    )


def is_told(event: CaseChanged, now: datetime, *, most_age: timedelta) -> bool:
    """Tell whether anybody may be told: not anonymous, and not long ago by business time."""
    return not event.case.complaint.anonymous and now - event.at <= most_age


def _kind(case: Case, entry: Entry) -> NewsKind | None:
    if entry.seq == 1:
        return NewsKind.RECEIVED
    if entry.outcome is Outcome.REFUSED:
        return None
    if entry.outcome in _BY_OUTCOME:
        return _BY_OUTCOME[entry.outcome]
    if entry.outcome is Outcome.WARNED:
        return NewsKind.CLOSING_SOON if _closes(entry) else None
    if _is_elsewhere(case, entry):
        return NewsKind.ROUTED
    return NewsKind.RETURNED if _questions(entry) else None


def _closes(entry: Entry) -> bool:
    return entry.deadline is not None and entry.deadline.clock is LegalClock.AUTO_CLOSE


def _is_elsewhere(case: Case, entry: Entry) -> bool:
    """Tell whether an institution has the case that did not have it just before."""
    before = case.history[-2].institution
    return entry.institution is not None and entry.institution != before


def _questions(entry: Entry) -> tuple[Question, ...]:
    # They are for reports that wait in triage; what an institution asks stands in its own words.
    if entry.status is not Status.UNVERIFIED or entry.decision is None:
        return ()
    return entry.decision.questions[:MOST_QUESTIONS]


def _words(entry: Entry) -> str | None:
    if entry.outcome not in _BY_OUTCOME or entry.actor.kind not in _STAFF or not entry.text:
        return None
    if len(entry.text) <= MOST_WORDS:
        return entry.text
    return f"{entry.text[:MOST_WORDS].rstrip()} …"

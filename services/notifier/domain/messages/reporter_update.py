"""What a reporter is told of a history entry, as public facts: no contact, nobody's report.

Of words only those stand here that were written for the reporter, as those of whoever wrote them,
and the questions of the taxonomy.
"""

from datetime import datetime, timedelta

from services.notifier.domain.messages.update_rules import UpdateKind, asks, offers, rule_for
from shared.contracts.case import ActorKind, ArchiveReason, Entry, InputKind, Question
from shared.contracts.events import CaseChanged
from shared.contracts.value_objects import Frozen

MOST_WORDS = 2_000  # letters of an answer; the rest stands in the timeline
MOST_QUESTIONS = 5


class ReporterUpdate(Frozen):
    """One message before it has words; this is what lies in its row."""

    kind: UpdateKind
    number: str
    institution: str | None = None
    questions: tuple[Question, ...] = ()
    text: str | None = None
    voice: ActorKind | None = None  # whose words the text is
    reason: ArchiveReason | None = None
    offers: frozenset[InputKind] = frozenset()  # what the reporter may do about it


def update_of(event: CaseChanged) -> ReporterUpdate | None:
    """Return what the reporter is told of an event; None where nothing is to be told."""
    entry, row = event.case.last, rule_for(event.case)
    if row.kind is None:
        return None
    text = _cut(entry.text) if row.has_words and entry.text else None
    return ReporterUpdate(
        kind=row.kind,
        number=event.number,
        institution=entry.institution,
        questions=_questions(entry),
        text=text,
        voice=entry.actor.kind if text else None,
        reason=entry.reason if row.kind is UpdateKind.ARCHIVED else None,
        offers=offers(event.case),
    )


def may_notify(event: CaseChanged, now: datetime, *, most_age: timedelta) -> bool:
    """Tell whether anybody may be told: not anonymous, and not long ago by business time."""
    return not event.case.complaint.anonymous and now - event.at <= most_age


def _questions(entry: Entry) -> tuple[Question, ...]:
    # They are for reports that wait in triage; what an institution asks stands in its own words.
    if not asks(entry) or entry.decision is None:
        return ()
    return entry.decision.questions[:MOST_QUESTIONS]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS].rstrip()} …"

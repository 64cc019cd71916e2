"""How far a case has come: when it was routed, answered and closed, and who gave it up.

A pure function of the history; refused inputs changed nothing and are skipped. What happened is
read from statuses where they tell it, so that a kind of input that only a later router knows
counts too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby, pairwise, takewhile, zip_longest
from typing import NamedTuple

from services.metrics.domain.event import EntryOutline
from shared.contracts.case import InputKind, Outcome, Status
from shared.contracts.value_objects import to_instant

Holding = tuple[str, str | None]  # an institution, and its unit where one is named
_FOLLOWED_UP = frozenset({Status.IN_PROGRESS, Status.COMPLETED})
# The clocks' word for a deadline that passed. `warned` comes before one, and `auto_closed` tells
# that the reporter did not answer: neither is the institution's delay.
_PASSED = frozenset({"escalated"})


class Progress(NamedTuple):
    """What came of a case up to its newest entry.

    `first_follow_up_at` and `overdue` look at the time since the present holder has the case, as
    all counts name that holder: nobody answers for what was late or done elsewhere.
    """

    holdings: tuple[Holding, ...]  # who held it, in order; time in triage is no stop
    routed_at: datetime | None  # when an institution first held it
    first_follow_up_at: datetime | None  # a final answer without one is both
    completed_at: datetime | None  # when it last became completed; None unless it still is
    returned: int  # times sent back to the reporter
    overdue: int  # deadlines that passed
    reopened: int
    rating: int | None  # the newest

    @property
    def path(self) -> tuple[str, ...]:
        """Return the institutions that held the case, in order."""
        return tuple(code for code, _ in groupby(code for code, _ in self.holdings))


def progress_of(history: Iterable[EntryOutline]) -> Progress:
    """Return how far a case with this history has come."""
    steps = [step for step in history if step.outcome != Outcome.REFUSED]
    present = _present(steps)
    closed = list(takewhile(_is_completed, reversed(steps)))
    return Progress(
        holdings=_holdings(steps),
        routed_at=_instant(next((step for step in steps if step.institution), None)),
        first_follow_up_at=_instant(next((s for s in present if s.status in _FOLLOWED_UP), None)),
        completed_at=_instant(closed[-1] if closed else None),
        returned=sum(_is_return(before, after) for before, after in pairwise(steps)),
        overdue=sum(step.outcome in _PASSED for step in present),
        reopened=sum(step.input == InputKind.REOPEN for step in steps),
        rating=next((step.rating for step in reversed(steps) if step.rating), None),
    )


def _holdings(steps: Sequence[EntryOutline]) -> tuple[Holding, ...]:
    stays = [list(stay) for _, stay in groupby(steps, key=lambda step: step.institution)]
    told = (stay for stay, then in zip_longest(stays, stays[1:]) if not _is_taken_back(then))
    held = [(step.institution, step.unit) for stay in told for step in stay if step.institution]
    return tuple(holding for holding, _ in groupby(held))


def _is_taken_back(then: Sequence[EntryOutline] | None) -> bool:
    # The institution's topic was missing: it never heard of what it seemed to hold.
    return then is not None and then[0].input == InputKind.UNDELIVERABLE


def _present(steps: Sequence[EntryOutline]) -> list[EntryOutline]:
    mine = takewhile(lambda step: step.institution == steps[-1].institution, reversed(steps))
    return list(mine)[::-1]


def _is_return(before: EntryOutline, after: EntryOutline) -> bool:
    # What waited for the reporter when it was archived waits again once that is taken back.
    is_new = before.status not in (Status.POSTPONED, Status.ARCHIVED)
    return is_new and after.status == Status.POSTPONED


def _is_completed(step: EntryOutline) -> bool:
    return step.status == Status.COMPLETED


def _instant(step: EntryOutline | None) -> datetime | None:
    return to_instant(step.at) if step else None

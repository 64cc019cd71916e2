"""Which earlier reports may be about the same thing: same region, category and days, alike words.

A report is compared with the newest of its key only, so what one comparison costs is bounded.
Nothing is merged or dropped by it: a likeness is a hint for the people who read both.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.router.domain.duplicates.sketches import SketchParts, parts
from shared.contracts.case import Complaint, Decision, Similar
from shared.contracts.identifiers import main_category

THRESHOLD = 0.45  # chosen on generated reports, see `salur measure-duplicates`
MOST_LINKS = 5
MOST_PER_KEY = 200
MOST_TOGETHER = 100_000
OTHER_NUMBER = 0.4  # what is left where RT, RW, kilometre, house or block differ


@dataclass(frozen=True, slots=True)
class SketchedReport:
    """What is remembered of a report: no word of it, only its sketch.

    `institution` is None in triage, and for a secret report: no other institution's view may show
    that it exists.
    """

    key: str
    number: str
    at: datetime
    institution: str | None
    sketch: bytes


def key_of(complaint: Complaint, decision: Decision) -> str | None:
    """Return region and main category, such as `3603 roads`; None where either is unknown."""
    region = (decision.region or complaint.place.region_code or "").replace(".", "")
    if not region or not decision.category:
        return None
    return f"{region[:4]} {main_category(decision.category)}"


def sketch_text(complaint: Complaint) -> str:
    """Return everything of a report that is compared."""
    return f"{complaint.title}\n{complaint.text}\n{complaint.place.text or ''}"


def likeness(one: SketchParts, other: SketchParts) -> float:
    """Return how alike two reports are, from 0 to 1; the same either way round, 1 for equal ones.

    The place must be shared. The other words only have to show the same subject, since people
    tell one thing in different words: their share counts by its fourth root. Where nobody names
    a place, the texts must be nearly equal.
    """
    words = jaccard(one.words, other.words)
    if one.names and other.names:
        fewer = min(len(one.names), len(other.names))
        found: float = (len(one.names & other.names) / fewer) ** 0.5 * words**0.25
    else:
        found = 0.0 if one.names or other.names else words**3
    return OTHER_NUMBER * found if _differ(one.numbers, other.numbers) else found


def _differ(mine: tuple[int, ...], theirs: tuple[int, ...]) -> bool:
    # Most are equal: both without any number.
    return mine != theirs and any(map(_contradicts, mine, theirs))


def _contradicts(mine: int, theirs: int) -> bool:
    return 0 not in (mine, theirs) and mine != theirs


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of what both have; 1 where neither has anything."""
    shared = len(one & other)
    union = len(one) + len(other) - shared
    return shared / union if union else 1.0


def _at_other_places(one: SketchParts, other: SketchParts) -> bool:
    # Nearly all pairs end here: asked first, since it is the cheapest question.
    return one.names.isdisjoint(other.names) if one.names else bool(other.names)


class RecentReports:
    """The newest reports of every key, in memory: at most `MOST_PER_KEY` of each."""

    def __init__(self, window: timedelta, *, most: int = MOST_TOGETHER) -> None:
        self._window = window
        self._most = most
        self._count = 0
        # Keys by when they were heard of last; in each, reports by number, oldest first.
        self._keys: OrderedDict[str, dict[str, SketchedReport]] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def add(self, neighbours: Iterable[SketchedReport]) -> None:
        """Remember reports; of one number only the first, for a batch may come twice."""
        for one in neighbours:
            known = self._keys.setdefault(one.key, {})
            self._keys.move_to_end(one.key)
            if one.number not in known:
                known[one.number] = one
                self._count += 1
            if len(known) > MOST_PER_KEY:
                del known[next(iter(known))]
                self._count -= 1
        while self._count > self._most:
            _, forgotten = self._keys.popitem(last=False)
            self._count -= len(forgotten)

    def forget(self, numbers: Collection[str]) -> None:
        """Remember these reports no longer."""
        for known in self._keys.values():
            for number in known.keys() & set(numbers):
                del known[number]
                self._count -= 1

    def similar(self, one: SketchedReport) -> tuple[Similar, ...]:
        """Return the best links of a report, best first; never to itself."""
        mine, best = parts(one.sketch), list[tuple[float, str, str | None]]()
        for known in self._keys.get(one.key, {}).values():
            theirs = parts(known.sketch)
            if known.number == one.number or _at_other_places(mine, theirs):
                continue
            found = likeness(mine, theirs)
            if found >= THRESHOLD and abs(known.at - one.at) <= self._window:
                best.append((-found, known.number, known.institution))
        return tuple(
            Similar(number=number, likeness=round(-score, 2), institution=institution)
            for score, number, institution in sorted(best, key=lambda link: link[:2])[:MOST_LINKS]
        )

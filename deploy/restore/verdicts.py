"""What became of each complaint: one verdict, that of its newest event."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Verdict(StrEnum):
    """Of one complaint in one collection; the first two when writing, the others when comparing."""

    RESTORED = "restored"
    ALREADY_THERE = "already_there"  # what is stored is as new or newer, and was left alone
    EQUAL = "equal"
    MISSING = "missing"
    OLDER = "older"  # than the newest event
    DIFFERENT = "different"  # of the same `seq`, with another content
    NEWER = "newer"  # than the newest event


WRITTEN = (Verdict.RESTORED, Verdict.ALREADY_THERE)
COMPARED = (Verdict.EQUAL, Verdict.MISSING, Verdict.OLDER, Verdict.DIFFERENT, Verdict.NEWER)
WRONG = (Verdict.MISSING, Verdict.OLDER, Verdict.DIFFERENT)


class Judged(NamedTuple):
    """A verdict and the `seq` of the event that it is about."""

    seq: int
    verdict: Verdict


class Ledger:
    """The verdicts of one partition's complaints, about 200 bytes each.

    An event may come again, and older ones after it: only a higher `seq` changes a verdict.
    """

    def __init__(self) -> None:
        self._judged: dict[bytes, Judged] = {}

    def note(self, judged: Mapping[UUID, Judged]) -> None:
        """Take the verdicts of a batch."""
        for complaint_id, one in judged.items():
            known = self._judged.get(complaint_id.bytes)
            if known is None or one.seq > known.seq:
                self._judged[complaint_id.bytes] = one

    def close(self) -> Counter[Verdict]:
        """Return how many complaints have each verdict, and begin anew."""
        counts = Counter(one.verdict for one in self._judged.values())
        self._judged = {}
        return counts

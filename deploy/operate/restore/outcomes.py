"""What became of each complaint: one outcome, that of its newest event."""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from heapq import merge
from itertools import groupby
from typing import NamedTuple
from uuid import UUID


class RestoreOutcome(StrEnum):
    """Of one complaint in one collection; the first two when writing, the others when comparing."""

    RESTORED = "restored"
    ALREADY_THERE = "already_there"  # what is stored is as new or newer, and was left alone
    EQUAL = "equal"
    MISSING = "missing"
    OLDER = "older"  # than the newest event
    DIFFERENT = "different"  # of the same `seq`, with another content
    NEWER = "newer"  # than the newest event


WRITTEN = (RestoreOutcome.RESTORED, RestoreOutcome.ALREADY_THERE)
COMPARED = (
    RestoreOutcome.EQUAL,
    RestoreOutcome.MISSING,
    RestoreOutcome.OLDER,
    RestoreOutcome.DIFFERENT,
    RestoreOutcome.NEWER,
)
WRONG = (RestoreOutcome.MISSING, RestoreOutcome.OLDER, RestoreOutcome.DIFFERENT)


# Of the same event in two partitions the last of these counts: what was restored from one is there
# when the other comes, and a fact, which names its partition, is equal to one of the two.
_ORDER = (
    RestoreOutcome.ALREADY_THERE,
    RestoreOutcome.RESTORED,
    RestoreOutcome.MISSING,
    RestoreOutcome.OLDER,
    RestoreOutcome.NEWER,
    RestoreOutcome.DIFFERENT,
    RestoreOutcome.EQUAL,
)
_ID_BYTES, _SEQ_BYTES = 16, 8
_ROW_BYTES = _ID_BYTES + _SEQ_BYTES + 1


class Judged(NamedTuple):
    """An outcome and the `seq` of the event that it is about."""

    seq: int
    outcome: RestoreOutcome


class RestoreOutcomes:
    """The outcomes of all complaints: of the partition being read about 200 bytes each, then 25.

    An event may come again, and older ones after it: only a higher `seq` changes an outcome. After
    partitions were added a complaint has events in two of them; it is counted once all the same.
    """

    def __init__(self) -> None:
        self._judged: dict[bytes, Judged] = {}
        self._closed: list[bytes] = []  # a partition each: its complaints' rows, sorted

    def note(self, judged: Mapping[UUID, Judged]) -> None:
        """Take the outcomes of a batch."""
        for complaint_id, one in judged.items():
            known = self._judged.get(complaint_id.bytes)
            if known is None or one.seq > known.seq:
                self._judged[complaint_id.bytes] = one

    def close(self) -> None:
        """Pack the outcomes of a partition that is read to its end."""
        rows = sorted(_packed(complaint, one) for complaint, one in self._judged.items())
        self._closed.append(b"".join(rows))
        self._judged = {}

    def counts(self) -> Counter[RestoreOutcome]:
        """Return how many complaints have each outcome, over the partitions that are closed."""
        rows = merge(*map(_rows, self._closed))
        newest = (list(found)[-1] for _, found in groupby(rows, key=_complaint))
        return Counter(_ORDER[row[-1]] for row in newest)


def _packed(complaint: bytes, one: Judged) -> bytes:
    seq, outcome = one
    return complaint + seq.to_bytes(_SEQ_BYTES) + bytes([_ORDER.index(outcome)])


def _rows(packed: bytes) -> Iterator[bytes]:
    return (packed[at : at + _ROW_BYTES] for at in range(0, len(packed), _ROW_BYTES))


def _complaint(row: bytes) -> bytes:
    return row[:_ID_BYTES]

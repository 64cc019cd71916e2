"""A topic of events and a collection, in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from deploy.operate.restore.outcomes import Judged, RestoreOutcome
from deploy.operate.restore.targets import RestoredState
from shared.errors import DatabaseAway, Undecodable
from shared.kafka.envelope import Record
from tests.support.builders import complaint_id


class MemoryEvents:
    """Records by partition, in batches of three; more may be there beyond the end."""

    def __init__(self, *partitions: Sequence[Record]) -> None:
        self.partitions = partitions

    async def ends(self) -> Mapping[int, int]:
        return {number: len(records) for number, records in enumerate(self.partitions)}

    async def batches(self, partition: int, end: int) -> AsyncIterator[Sequence[Record]]:
        for first in range(0, end, 3):
            yield self.partitions[partition][first : min(first + 3, end)]


class MemoryTarget:
    """A collection in a dictionary, under the guard on `seq`; a value is "NAME SEQ"."""

    def __init__(self, name: str = "facts", **stored: int) -> None:
        self.name = name
        self.stored = {complaint_id(key): seq for key, seq in stored.items()}
        self.writes: list[Sequence[RestoredState[str]]] = []
        self.is_prepared = False
        self.fails_at = -1

    def decode(self, record: Record, /) -> RestoredState[str]:
        words = (record.value or b"").decode().split()
        if len(words) != 2:
            raise Undecodable("invalid_value", "not two words")
        return RestoredState(complaint_id(words[0]), int(words[1]), words[0])

    async def prepare(self) -> None:
        self.is_prepared = True

    async def write(self, states: Sequence[RestoredState[str]]) -> Mapping[UUID, Judged]:
        if len(self.writes) == self.fails_at:
            raise DatabaseAway("gone")
        self.writes.append(states)
        judged = {}
        for state in states:
            is_newer = state.seq > self.stored.get(state.complaint_id, 0)
            outcome = RestoreOutcome.RESTORED if is_newer else RestoreOutcome.ALREADY_THERE
            judged[state.complaint_id] = Judged(state.seq, outcome)
            if is_newer:
                self.stored[state.complaint_id] = state.seq
        return judged

    async def compare(self, states: Sequence[RestoredState[str]]) -> Mapping[UUID, Judged]:
        outcomes = {True: RestoreOutcome.EQUAL, False: RestoreOutcome.OLDER}
        return {
            s.complaint_id: Judged(
                s.seq,
                outcomes[self.stored[s.complaint_id] == s.seq]
                if s.complaint_id in self.stored
                else RestoreOutcome.MISSING,
            )
            for s in states
        }

    async def count(self) -> int:
        return len(self.stored)

"""Cases, their clocks and positions as one router holds them: in the database or in memory."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Self
from uuid import UUID

from services.router.deadlines.due_index import CLOCKS, DueCase, DueCases, MongoDueCases, timed
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.republishing.input_positions import (
    InputPosition,
    MongoWrittenCases,
    WrittenCases,
)
from services.router.store import NOWHERE, CaseStore, MongoCases, Positions
from shared.contracts.actions import Erase
from shared.contracts.case import Actor, ActorKind, Case, ErasureReason
from shared.contracts.events import Input
from shared.contracts.topics import PARTITIONS
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from tests.support.builders import (
    decision,
    request,
)
from tests.support.deadline_cases import CLOCKS as LIMITS

REACH = AgencyDirectoryView(known=frozenset(), provisioned=frozenset())


def folded(case: Case | None, *inputs: Input) -> Fold:
    decisions = {each.complaint_id: decision() for each in inputs}
    return fold(case, inputs, BatchContext(decisions, REACH, lambda _: decision()))


def partition_of(case: Case) -> int:
    partition: int = timed(case, UNTIMED)["clocks"]["partition"]
    return partition


ERASE = request(
    Erase(reason=ErasureReason.REQUESTED), 5, actor=Actor(kind=ActorKind.OPERATOR, code="kantor")
)


class MemoryCases:
    """Cases in a dictionary, under the same guard as the database's."""

    def __init__(self, timekeeper: Callable[[], Timekeeper] = lambda: UNTIMED) -> None:
        self.kept: dict[UUID, Case] = {}
        self.clocks: dict[UUID, dict[str, Any]] = {}
        self.positions: dict[UUID, InputPosition] = {}
        self.meanwhile: Callable[[], None] | None = None  # another owner, just before we write
        self.away = False
        self._timekeeper = timekeeper

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        self._ask()
        return {key: self.kept[key] for key in ids if key in self.kept}

    async def save(self, folds: Sequence[Fold], positions: Positions = NOWHERE) -> list[Fold]:
        self._ask()
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        return [fold for fold in folds if not self._write(fold, positions)]

    async def written_since(self, position: InputPosition) -> list[UUID]:
        self._ask()
        later = [(at, key) for key, at in self.positions.items() if at >= position]
        return [key for at, key in sorted(later) if at.partition == position.partition]

    def _write(self, fold: Fold, positions: Positions) -> bool:
        assert fold.after is not None
        key = fold.after.complaint.complaint_id
        present = self.kept.get(key)
        if (present.seq if present else 0) != (fold.before.seq if fold.before else 0):
            return False
        self.kept[key] = fold.after
        self._time(fold.after, self._timekeeper())
        if key in positions:
            self.positions[key] = positions[key]
        return True

    def _time(self, case: Case, time: Timekeeper) -> None:
        self.clocks[case.complaint.complaint_id] = timed(case, time).get(CLOCKS, {})

    async def due(
        self, partition: int, before: datetime, *, version: str, most: int = 0
    ) -> list[DueCase]:
        self._ask()
        found = [
            DueCase(key, clocks["due"])
            for key, clocks in self.clocks.items()
            if (clocks.get("partition"), clocks.get("version")) == (partition, version)
            and "due" in clocks
            and clocks["due"] <= before
        ]
        found.sort(key=lambda one: one.at)
        return found[: most or None]

    async def stale(self, partition: int, *, version: str, most: int) -> list[UUID]:
        self._ask()
        others = (
            key
            for key, clocks in self.clocks.items()
            if clocks and clocks["partition"] == partition and clocks["version"] != version
        )
        return list(islice(others, most))

    async def retime(self, cases: Iterable[Case], time: Timekeeper) -> None:
        self._ask()
        for case in cases:
            present = self.kept.get(case.complaint.complaint_id)
            if present is not None and present.seq == case.seq:
                self._time(case, time)

    def _ask(self) -> None:
        if self.away:
            raise DatabaseAway("told to be away")


class Stores:
    """Cases and their clocks, as one router holds them; `time` is what it tells the time by."""

    def __init__(self, mongo: Mongo | None) -> None:
        self.time = Timekeeper(LIMITS, {})
        memory = MemoryCases(lambda: self.time)
        self.cases: CaseStore = memory
        self.due: DueCases = memory
        self.written: WrittenCases = memory
        if mongo is not None:
            self.cases = MongoCases(mongo.cases("cases"), lambda: self.time)
            self.due = MongoDueCases(mongo.cases("cases"))
            self.written = MongoWrittenCases(mongo.cases("cases"))

    @classmethod
    async def prepared(cls, mongo: Mongo | None) -> Self:
        """Return them with their indexes made."""
        stores = cls(mongo)
        if isinstance(stores.cases, MongoCases):
            await stores.cases.prepare()
        return stores

    async def every_due(self, before: datetime, most: int = 0) -> list[DueCase]:
        """Return what is due of all partitions, which each tell in order."""
        version = self.time.version
        pages = [
            await self.due.due(place, before, version=version, most=most)
            for place in range(PARTITIONS)
        ]
        assert all(page == sorted(page, key=lambda one: one.at) for page in pages)
        return [one for page in pages for one in page]

    async def every_stale(self, time: Timekeeper) -> list[UUID]:
        """Return all that is stale by other clocks."""
        places, version = range(PARTITIONS), time.version
        pages = [await self.due.stale(place, version=version, most=100) for place in places]
        return [one for page in pages for one in page]

"""A router without Kafka and database: cases in memory, a decider that is told what to say."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from services.router.deadlines.due_index import CLOCKS, DueCase, timed
from services.router.deadlines.scheduler import DeadlineScheduler, DeadlineSchedulerPorts
from services.router.domain.case.fold import Fold
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.domain.classifier.model import PAIR_BASE, Model, Vocabulary, Weights
from services.router.domain.duplicates.similarity import SketchedReport
from services.router.handlers import RouterHandler, RouterPorts
from services.router.provisioned import ProvisionedAgencies
from shared.contracts.case import Case, Complaint, Decision
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.topics import INPUT
from shared.errors import BrokerAway, DatabaseAway
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from tests.support.builders import START, decision

CODES = frozenset({"kab-3603", "prov-36", "kem-027"})


class MemoryCases:
    """Cases in a dictionary, under the same guard as the database's."""

    def __init__(self, timekeeper: Callable[[], Timekeeper] = lambda: UNTIMED) -> None:
        self.kept: dict[UUID, Case] = {}
        self.clocks: dict[UUID, dict[str, Any]] = {}
        self.meanwhile: Callable[[], None] | None = None  # another owner, just before we write
        self.away = False
        self._timekeeper = timekeeper

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        self._ask()
        return {key: self.kept[key] for key in ids if key in self.kept}

    async def save(self, folds: Sequence[Fold]) -> list[Fold]:
        self._ask()
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        return [fold for fold in folds if not self._write(fold)]

    def _write(self, fold: Fold) -> bool:
        assert fold.after is not None
        key = fold.after.complaint.complaint_id
        present = self.kept.get(key)
        if (present.seq if present else 0) != (fold.before.seq if fold.before else 0):
            return False
        self.kept[key] = fold.after
        self._time(fold.after, self._timekeeper())
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


class MemoryRefusals:
    """Why actions were dropped, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[UUID, RefusedAction] = {}
        self.away = False

    async def keep(self, refused: Sequence[RefusedAction]) -> None:
        if self.away:
            raise DatabaseAway("told to be away")
        self.kept |= {one.action_id: one for one in refused}


@dataclass
class MemoryNeighbours:
    """The log of sketches in a list of batches; several routers may share it."""

    batches: list[list[SketchedReport]] = field(default_factory=list)
    away: bool = False
    read: int = 0

    @property
    def log(self) -> list[SketchedReport]:
        """Return all that is written, in order."""
        return [one for batch in self.batches for one in batch]

    async def append_and_read(self, mine: Sequence[SketchedReport]) -> list[SketchedReport]:
        self._ask()
        self.batches.append(list(mine))
        new, self.read = self.batches[self.read :], len(self.batches)
        return [one for batch in new for one in batch]

    async def forget(self, numbers: Collection[str]) -> None:
        self._ask()
        for batch in self.batches:
            batch[:] = [one for one in batch if one.number not in numbers]

    def _ask(self) -> None:
        if self.away:
            raise DatabaseAway("told to be away")


class ToldDecider:
    """Says the same for every complaint."""

    def __init__(self) -> None:
        self.says = decision()

    def decide(
        self, complaints: Sequence[Complaint], provisioned: frozenset[str]
    ) -> list[Decision]:
        return [self.says for _ in complaints]


class RouterBench:
    """A handler and everything it touches."""

    def __init__(self, time: Timekeeper = UNTIMED, *, scenario: bool = False) -> None:
        self.time = time
        self.store = MemoryCases(lambda: self.time)
        self.refusals = MemoryRefusals()
        self.decider = ToldDecider()
        self.succession: dict[str, str | None] = {}
        self.topics = {f"agency-{code}" for code in CODES} | {"complaint-event", INPUT}
        self.provisioned = ProvisionedAgencies(self.list_topics)
        self.telemetry = Telemetry()
        self.clock = SetClock(START)
        self.sent: list[Outgoing] = []
        self.broker_is_away = False
        self.firing = DeadlineScheduler(
            DeadlineSchedulerPorts(
                cases=self.store,
                due=self.store,
                publish=self.publish,
                timekeeper=lambda: self.time,
                clock=self.clock,
                telemetry=self.telemetry,
            ),
            grace=timedelta(seconds=120),
        )
        self.handler = RouterHandler(
            RouterPorts(
                store=self.store,
                refusals=self.refusals,
                provisioned=self.provisioned,
                decider=lambda: self.decider,
                known=lambda: CODES | {"kem-099"},
                investigated=lambda: frozenset({"corruption"}),
                timekeeper=lambda: self.time,
                firing=self.firing,
                clock=self.clock,
                telemetry=self.telemetry,
                scenario=scenario,
                succession=lambda: self.succession,
            )
        )

    async def publish(self, messages: Sequence[Outgoing]) -> list[Outgoing]:
        if self.broker_is_away:
            raise BrokerAway("told to be away")
        self.sent += messages
        return [message for message in messages if INPUT not in self.topics]

    async def list_topics(self) -> frozenset[str]:
        return frozenset(self.topics)


@pytest.fixture
async def router() -> RouterBench:
    bench = RouterBench()
    await bench.provisioned.refresh()
    return bench


@pytest.fixture
def model() -> Model:
    """A classifier of two labels; `rusak` is the one word without known pieces."""
    numbers = partial(np.array, dtype=np.float32)
    return Model(
        labels=("road", "light"),
        vocabulary=Vocabulary(
            words=("jalan", "mati", "rusak", "lampu"),
            word_idf=numbers([1, 1.5, 1.2, 1.4]),
            unseen_idf=2.0,
            pairs=np.array([0 * PAIR_BASE + 1], np.int64),
            pair_idf=numbers([2]),
            pieces=("lam", "amp", "jal"),
            piece_idf=numbers([1, 1, 1]),
        ),
        weights=Weights(
            words=numbers([[1.7, -1.7], [-0.75, 0.75], [0.96, -0.84], [-2.8, 2.8]]),
            squares=numbers([1.49, 2.25, 1.44, 2.92]),
            pairs=numbers([[-3, 3]]),
            pieces=numbers([[-1, 1], [-1, 1], [1, -1]]),
            bias=numbers([0.1, -0.1]),
        ),
        sharpness=4.0,
        doubt=0.02,
        about={"rows": 4},
        thresholds=(0.6, 0.7),
    )

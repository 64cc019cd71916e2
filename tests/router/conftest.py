"""A router without Kafka and database: cases in memory, a decider that is told what to say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import numpy as np
import pytest

from services.router.deadlines.scheduler import DeadlineScheduler, DeadlineSchedulerPorts
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.domain.classifier.model import PAIR_BASE, Model, Vocabulary, Weights
from services.router.domain.duplicates.similarity import SketchedReport
from services.router.handlers import RouterHandler, RouterPorts
from services.router.provisioned import ProvisionedAgencies
from shared.contracts.case import Complaint, Decision
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.topics import INPUT
from shared.errors import BrokerAway, DatabaseAway
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from tests.router.case_stores import MemoryCases
from tests.support.builders import START, decision

CODES = frozenset({"kab-3603", "prov-36", "kem-027"})


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
                written=self.store,
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

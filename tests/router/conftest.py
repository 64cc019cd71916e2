"""A router without Kafka and database: cases in memory, a decider that is told what to say."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from uuid import UUID

import numpy as np
import pytest

from services.router.domain.classifier.model import PAIR_BASE, Model, Vocabulary, Weights
from services.router.domain.fold import Fold
from services.router.handlers import RouterHandler, RouterPorts
from services.router.provisioned import Provisioned
from shared.case import Case, Complaint, Decision
from shared.clock import SetClock
from shared.telemetry import Telemetry
from tests.builders import START, decision

CODES = frozenset({"kab-3603", "prov-36", "kem-027"})


class MemoryCases:
    """Cases in a dictionary, under the same guard as the database's."""

    def __init__(self) -> None:
        self.kept: dict[UUID, Case] = {}
        self.meanwhile: Callable[[], None] | None = None  # another owner, just before we write

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        return {key: self.kept[key] for key in ids if key in self.kept}

    async def save(self, folds: Sequence[Fold]) -> list[Fold]:
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
        return True


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

    def __init__(self) -> None:
        self.store = MemoryCases()
        self.decider = ToldDecider()
        self.topics = {f"agency-{code}" for code in CODES} | {"complaint-event"}
        self.provisioned = Provisioned(self.list_topics)
        self.telemetry = Telemetry()
        self.clock = SetClock(START)
        self.handler = RouterHandler(
            RouterPorts(
                store=self.store,
                provisioned=self.provisioned,
                decider=lambda: self.decider,
                known=lambda: CODES | {"kem-099"},
                clock=self.clock,
                telemetry=self.telemetry,
            )
        )

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
    )

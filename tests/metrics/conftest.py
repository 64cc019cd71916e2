"""A snapshot over a store in memory, and what its gauges show."""

import pytest

from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.settings import MetricsSettings
from services.metrics.snapshot import Snapshot
from shared.contracts.events import CaseChanged
from shared.telemetry.catalogue import BY_NAME
from shared.telemetry.registry import Telemetry
from tests.metrics.events import outline
from tests.metrics.memory import MemoryFacts

MARCH, APRIL = "2026-03", "2026-04"
SETTINGS = MetricsSettings(snapshot_seconds=0.05)


@pytest.fixture
def store() -> MemoryFacts:
    return MemoryFacts()


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def snapshot(store: MemoryFacts, telemetry: Telemetry) -> Snapshot:
    return Snapshot(store, telemetry, SETTINGS)


def facts(*events: CaseChanged, partition: int = 0) -> list[Fact]:
    """Return the newest facts of these events."""
    return newest_facts((outline(event), partition) for event in events)


def samples(telemetry: Telemetry, name: str) -> dict[tuple[str, ...], float]:
    """Return what a gauge shows, by its labels' values in the catalogue's order."""
    if BY_NAME[name].is_table:
        return dict(telemetry.shown(name))
    return {
        tuple(sample.labels.values()): sample.value
        for metric in telemetry.gauge(name).collect()
        for sample in metric.samples
    }


def cases(telemetry: Telemetry) -> dict[tuple[str, ...], float]:
    """Return how many cases are shown, where there are any."""
    return {key: value for key, value in samples(telemetry, "salur_cases").items() if value}

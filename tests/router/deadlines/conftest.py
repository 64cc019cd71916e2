"""A router under clocks: what it is given, what it sends, and what it comes to by itself."""

from datetime import datetime

from services.router.domain.case.timekeeper import Timekeeper
from services.router.handlers import Given
from shared.contracts.case import Outcome
from shared.contracts.events import DeadlinePassed, Input
from shared.contracts.topics import INPUT
from shared.kafka.envelope import Outgoing
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.router.conftest import RouterBench
from tests.router.lives import opened
from tests.support.builders import FakeRecord
from tests.support.deadline_cases import CLOCKS

TIME = Timekeeper(CLOCKS, {"kab-3603": "prov-36"})
NAMES = tuple(f"case {number}" for number in range(40))


async def handled(bench: RouterBench, *values: Input) -> HandlerResult:
    items: list[DecodedRecord[Given]] = [DecodedRecord(FakeRecord(), value) for value in values]
    return await bench.handler.handle(items)


def sent(bench: RouterBench) -> list[DeadlinePassed]:
    """Return what was sent since this was asked last, as the stage will read it."""
    taken, bench.sent = bench.sent, []
    assert {message.topic for message in taken} <= {INPUT}
    found = [bench.handler.decode(as_record(message)) for message in taken]
    passed = [value for value in found if isinstance(value, DeadlinePassed)]
    assert passed == found
    return passed


def as_record(message: Outgoing) -> FakeRecord:
    return FakeRecord(key=message.key, value=message.value, headers=message.headers)


def alone(until: datetime) -> list[Outcome]:
    """Return what a case that nobody touches comes to by the pure clocks."""
    return [entry.outcome for entry in TIME.settled(opened(), until, frozenset()).history]

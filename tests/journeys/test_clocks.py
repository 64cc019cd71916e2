"""Legal clocks with several routers, one killed: every deadline once, as the pure clocks tell it.

What each case must come to is computed here from the inputs alone, and compared with everything
that Kafka holds, byte for byte.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import fold
from services.router.domain.case.publications import publications
from services.router.domain.reference.directory import parse_directory
from services.router.reference.timekeeper_loader import load_timekeeper
from services.router.settings import DATA
from services.router.store import MongoCases
from shared.contracts.case import Case, Complaint, Decision, Outcome
from shared.contracts.deadlines import LegalClock
from shared.contracts.events import ActionRequested, Input, InputType, Tick
from shared.contracts.topics import EVENT, INPUT, PARTITIONS, agency_topic
from shared.database.collections import CASES
from shared.database.mongo import Mongo
from shared.kafka.clients import client_options
from shared.kafka.envelope import header
from shared.reference.shipped import TABLES
from shared.runtime.clock import WallClock
from tests.journeys.conftest import AGENCIES, Journey, NewJourney, form
from tests.support.builders import START, agency, complaint_id, follow_up, input_record, submitted

pytestmark = pytest.mark.timeout(300)
Eventually = Callable[..., Awaitable[None]]
DIRECTORY = parse_directory((TABLES / "institutions.csv").read_text(encoding="utf-8"))
TIME = load_timekeeper(DATA / "limits.csv", None, DIRECTORY)
REACH = AgencyDirectoryView(
    known=frozenset(DIRECTORY.institutions), provisioned=frozenset(AGENCIES)
)
HEARD = {EVENT, *map(agency_topic, AGENCIES)}
ROUTERS = ("router", "router")
EACH = 10  # complaints of one age


class History:
    """What was written to `complaint-input`, and what must come of it."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self.inputs: dict[UUID, list[Input]] = {}

    async def open(self, numbers: Sequence[int], received_at: datetime) -> None:
        """Write complaints that came in at an instant."""
        for number in numbers:
            body = form(number)
            fields = {"title": "Jalan", "text": body["text"], "place": body["place"]}
            if number % 5 == 0:
                fields["category"] = "governance.corruption"  # its reports need an investigation
            given = submitted(f"clocks-{number}", received_at=received_at, **fields)
            await self._write(given.complaint_id, given)

    async def follow_up(self, numbers: Sequence[int], at: datetime) -> None:
        """Write what an institution has done, whether or not it holds the case."""
        for number in numbers:
            identifier = complaint_id(f"clocks-{number}")
            acted = follow_up(number, complaint_id=identifier, at=at, actor=agency("kab-3603"))
            await self._write(identifier, acted)

    async def _write(self, identifier: UUID, given: Input) -> None:
        assert not isinstance(given, ActionRequested) or identifier in self.inputs
        record = input_record(given)  # type: ignore[arg-type]  # no deadline is written here
        await self._journey.write(INPUT, [(record.key, record.value, record.headers)])
        self.inputs.setdefault(identifier, []).append(given)

    def expected(self, found: Case, until: datetime) -> Case:
        """Return what a case must be, given how the router decided at first."""
        key = found.complaint.complaint_id
        decided = found.history[0].decision
        assert decided is not None
        judgement = BatchContext({key: decided}, REACH, never, TIME)
        case = fold(None, self.inputs[key], judgement).after
        assert case is not None
        return TIME.settled(case, until, REACH.provisioned)


def never(complaint: Complaint) -> Decision:
    raise AssertionError(f"{complaint.number} is not to be decided again")


async def cases_of(mongo: Mongo, history: History) -> dict[UUID, Case]:
    return await MongoCases(mongo.cases(CASES)).load(history.inputs)


async def all_rung(mongo: Mongo, history: History, until: datetime) -> bool:
    """Tell whether every case is what the pure clocks make it."""
    found = await cases_of(mongo, history)
    if len(found) < len(history.inputs):
        return False
    return all(case == history.expected(case, until) for case in found.values())


async def heard(journey: Journey) -> set[tuple[str, str | None, bytes | None]]:
    """Return what Kafka holds of cases: topic, id and content of each event."""
    said = [record for record in await journey.raw_records() if record.topic in HEARD]
    return {(record.topic, header(record, "ce_id"), record.value) for record in said}


async def check_heard(journey: Journey, cases: Sequence[Case], eventually: Eventually) -> None:
    """Assert that Kafka holds the events of these cases, each with one content, and no others."""
    must = {
        (event.topic, event.ce_id, event.value)
        for case in cases
        for event in publications(case, 1, REACH.provisioned)
    }

    said: set[tuple[str, str | None, bytes | None]] = set()

    async def all_said() -> bool:
        # A case is written before its events are sent.
        said.update(await heard(journey))
        return must <= said

    await eventually(all_said, "the events of every case are in Kafka")
    assert said == must
    assert len({(topic, identifier) for topic, identifier, _ in must}) == len(must)


@pytest.mark.connected
async def test_with_a_router_killed_no_deadline_acts_twice_and_none_is_missed(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    env = {"ROUTER_CLOCKS_SECONDS": "0.2", "ROUTER_CLOCKS_GRACE_SECONDS": "1"}
    journey = await new_journey(services=ROUTERS, env=env)
    history, clock = History(journey), WallClock()
    ages = (400, 60, 24, 14, 10, 8, 6, 4, 2)
    async with Mongo(journey.stack.mongo) as mongo:
        for turn, age in enumerate(ages):
            numbers = range(EACH * turn, EACH * (turn + 1))
            await history.open(numbers, clock.now() - timedelta(days=age))
            if turn == 3:
                await asyncio.to_thread(journey.stack.of("router")[0].kill)
            if turn == 6:
                await asyncio.to_thread(journey.stack.add, "router")
            if turn:
                await history.follow_up([one - EACH for one in numbers[::4]], clock.now())

        await eventually(
            lambda: all_rung(mongo, history, clock.now() - timedelta(seconds=1)),
            "every case is what the pure clocks make it",
            timeout=60,
        )
        cases = list((await cases_of(mongo, history)).values())

    rung = [entry for case in cases for entry in case.history if entry.deadline is not None]
    assert len(rung) > len(cases)
    assert any(entry.told == "prov-36" for entry in rung)
    clocks = {entry.deadline.clock for entry in rung if entry.deadline}
    assert clocks == set(LegalClock) - {LegalClock.AUTO_CLOSE}
    assert not journey.observer.letters
    await check_heard(journey, cases, eventually)


async def tick(journey: Journey, as_of: datetime) -> None:
    """Write a tick to every partition, as `salur replay` does."""
    async with AIOKafkaProducer(**client_options(journey.stack.kafka)) as producer:
        for partition in range(PARTITIONS):
            await producer.send(
                INPUT,
                Tick(as_of=as_of).model_dump_json().encode(),
                partition=partition,
                headers=[("ce_type", InputType.TICK.encode())],
            )


async def test_in_a_scenario_time_comes_from_ticks_alone_and_a_killed_router_loses_none(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    env = {"SALUR_SCENARIO": "true", "ROUTER_CLOCKS_SECONDS": "0.1"}
    journey = await new_journey(services=ROUTERS, env=env)
    history, numbers = History(journey), range(120)
    as_of = datetime(2026, 5, 29, tzinfo=UTC)
    async with Mongo(journey.stack.mongo) as mongo:
        await history.open(numbers, START)
        await history.follow_up(numbers[::3], START + timedelta(days=9))
        await eventually(
            lambda: all_rung(mongo, history, START), "what is before the tick", timeout=60
        )

        await tick(journey, as_of)
        await asyncio.to_thread(journey.stack.of("router")[0].kill)
        await eventually(
            lambda: all_rung(mongo, history, as_of), "what the tick brings about", timeout=60
        )
        cases = list((await cases_of(mongo, history)).values())

    closed = [case for case in cases if case.last.outcome is Outcome.AUTO_CLOSED]
    assert closed
    assert not journey.observer.letters
    await check_heard(journey, cases, eventually)

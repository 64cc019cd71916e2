"""A router that is cut off with events on their way: what others said meanwhile stays the last."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from deploy.dev.chaos.oracle.facts import Stream
from deploy.dev.demo.observer import Observer
from deploy.dev.local.parts import Part, running
from deploy.dev.local.secantus import Secantus
from deploy.dev.local.stack import ServiceProcess, kafka_env
from deploy.operate.provisioning.topic_creation import create_topics
from shared.contracts.events import ActionRequested, Submitted
from shared.contracts.topics import INPUT
from shared.kafka.clients import client_options
from shared.settings import KafkaSettings
from tests.conftest import Eventually
from tests.support.builders import complaint_id, follow_up, input_record, submitted
from tests.support.network_cut import Cut, broker_behind

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]
HOLDING_ROUTER = Path(__file__).with_name("holding_router.py")
AGENCY = "kab-3603"
NAMES = tuple(f"cut-{number}" for number in range(8))


class Country:
    """Two routers on one broker, one of them behind a network that can be cut."""

    def __init__(self, folder: Path, broker: Part, database: Part, cut: Cut) -> None:
        self.cut = cut
        self.hold = folder / "hold"
        self.near = KafkaSettings(bootstrap_servers=broker.url, session_timeout_ms=6_000)
        self.observer = Observer(self.near, (AGENCY,))
        self.producer: Any = None
        mongo = {"SALUR_MONGO__URL": database.url, "SALUR_KAFKA__PUBLISH_TIMEOUT_MS": "3000"}
        far = self.near.model_copy(update={"bootstrap_servers": cut.url})
        self.cut_off = ServiceProcess("router", 1, folder=folder, env=kafka_env(far) | mongo)
        self.cut_off.child.argv = [sys.executable, str(HOLDING_ROUTER), str(self.hold)]
        self.other = ServiceProcess("router", 2, folder=folder, env=kafka_env(self.near) | mongo)

    async def say(self, inputs: Sequence[Submitted | ActionRequested]) -> None:
        """Write inputs as intake does."""
        for given in inputs:
            record = input_record(given)
            await self.producer.send(
                INPUT, record.value, key=record.key, headers=list(record.headers)
            )
        await self.producer.flush()

    def seqs(self) -> dict[str, list[int]]:
        """Return what was said of each case on `complaint-event`, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        for record in self.observer.on(Stream.EVENT):
            found[record.number].append(record.seq)
        return found

    def all_reached(self, seq: int) -> bool:
        """Tell whether of every case this entry was said."""
        return sum(seq in said for said in self.seqs().values()) == len(NAMES)

    def in_order(self) -> bool:
        """Tell whether no case was said in an older state after a newer one."""
        return all(said == sorted(said) for said in self.seqs().values())

    def held(self, router: ServiceProcess) -> int:
        """Return how many partitions a router holds."""
        lines = router.get("/metrics")[1].splitlines()
        found = [one for one in lines if one.startswith('salur_stage_partitions{stage="router"}')]
        return int(float(found[0].split()[-1])) if found else 0


@pytest.fixture(params=[False, True], ids=["network", "middlebox"])
async def country(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Country]:
    cut, database = Cut(keeps=request.param), Secantus(tmp_path)
    broker = broker_behind(cut, tmp_path)
    with closing(cut), running(broker, database):
        country = Country(tmp_path, broker, database, cut)
        await create_topics(country.near, (AGENCY,))
        async with cut, country.observer, AIOKafkaProducer(**client_options(country.near)) as own:
            country.producer = own
            try:
                await asyncio.to_thread(country.cut_off.start)
                yield country
            finally:
                for router in (country.cut_off, country.other):
                    await asyncio.to_thread(router.stop)


def follow_ups(number: int) -> list[ActionRequested]:
    """Return one more entry for each case, of now: a deadline missed would be one of its own."""
    return [
        follow_up(
            number,
            at=datetime.now(UTC),
            complaint_id=complaint_id(name),
            action_id=complaint_id(f"{name}-{number}"),
        )
        for name in NAMES
    ]


async def test_what_it_gave_up_is_never_the_last_that_is_said(
    country: Country, eventually: Eventually
) -> None:
    await country.say([submitted(name, received_at=datetime.now(UTC)) for name in NAMES])
    await eventually(lambda: country.all_reached(1), "all cases")
    country.hold.touch()
    await country.say(follow_ups(1))
    await eventually(country.hold.with_name("in-hand").exists, "events in hand")

    country.cut.cut()
    country.hold.unlink()
    await asyncio.to_thread(country.other.start)
    await country.say(follow_ups(2))
    await eventually(lambda: country.all_reached(3), "what the other router says")
    country.cut.heal()
    await eventually(
        lambda: asyncio.to_thread(lambda: 0 < country.held(country.cut_off) < 24), "both at work"
    )

    if country.cut.keeps:
        await eventually(lambda: not country.in_order(), "what the middlebox kept")
        await eventually(lambda: all(said[-1] == 3 for said in country.seqs().values()), "newest")
    else:
        await country.say(follow_ups(3))
        await eventually(lambda: country.all_reached(4), "the last entries")
        assert country.in_order(), country.seqs()

"""Fifty institutions, five of them broken: the others do not notice, and nothing is lost."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from aiokafka.admin import NewTopic
from prometheus_client.parser import text_string_to_metric_families
from pymongo import InsertOne

from deploy.dev.local.parts import Part
from deploy.dev.local.stack import ServiceProcess, kafka_env
from services.notifier.database import DeliveryRetention
from services.notifier.delivery.replays import DeliveryReplays, ReplayFilter
from shared.contracts.deliveries import LaneState
from shared.contracts.topics import agency_topic
from shared.database.collections import DELIVERIES, ENDPOINTS
from shared.database.mongo import Mongo
from shared.kafka.clients import create_admin
from shared.kafka.publisher import Publisher
from shared.runtime.clock import WallClock
from shared.settings import KafkaSettings
from tests.notifier.events import agency_event, agency_record, outgoing, subscription
from tests.notifier.receiver import RESET, Hit, Receiver

pytestmark = pytest.mark.connected
Eventually = Callable[..., Awaitable[None]]
CODES = [f"kab-{number}" for number in range(8001, 8051)]
HANGS, FAILS, THROTTLES, GONE, RESETS = CODES[:5]
WELL = CODES[5:]
ANSWERS: dict[str, Callable[[Hit], int | None]] = {
    HANGS: lambda _: None,
    FAILS: lambda _: 500,
    THROTTLES: lambda _: 429,
    GONE: lambda _: 410,
    RESETS: lambda _: RESET,
}
OUTCOMES = {
    HANGS: "timed_out",
    FAILS: "server_error",
    THROTTLES: "throttled",
    GONE: "gone",
    RESETS: "unreachable",
}
# A hanging request ends soon, so that its lane has a state to show; it hangs in every probe.
ENV = {
    "NOTIFIER_REQUEST_SECONDS": "2",
    "NOTIFIER_LEASE_SECONDS": "4",
    "NOTIFIER_SCAN_SECONDS": "0.5",
    "NOTIFIER_LADDER__FIRST_SECONDS": "0.5",
    "NOTIFIER_LADDER__LONGEST_SECONDS": "2",
    "SALUR_ALLOW_PRIVATE_WEBHOOKS": "true",
    "SALUR_STAGE__MAX_RECORDS": "50",
}


class Nation:
    """The topics and webhooks of fifty institutions, and the notifiers that serve them."""

    def __init__(self, mongo: Mongo, receiver: Receiver, publisher: Publisher) -> None:
        self.mongo, self.receiver, self.publisher = mongo, receiver, publisher
        self.replays = DeliveryReplays(mongo, WallClock(), DeliveryRetention())
        self.notifiers: list[ServiceProcess] = []

    async def tell(self, seqs: Sequence[int]) -> None:
        """Have the router tell every institution of two complaints."""
        names = [(code, f"{code}-{id(self)}-{place}") for code in CODES for place in range(2)]
        await self.publisher.publish(
            [
                outgoing(agency_record(agency_event(name, seq, code)))
                for seq in seqs
                for code, name in names
            ]
        )

    def told(self, code: str) -> list[list[int]]:
        """Return what an institution took of each complaint, without repeats of one event."""
        taken: dict[str, dict[str, int]] = defaultdict(dict)
        for hit in (one for one in self.receiver.of(f"/{code}") if one.status == 200):
            data = json.loads(hit.body)["data"]
            taken[data["complaint_id"]].setdefault(hit.webhook_id, data["seq"])
        return [list(seqs.values()) for seqs in taken.values()]

    def have_all(self, codes: Sequence[str], seqs: Sequence[int]) -> bool:
        """Tell whether institutions have everything of both complaints, in order."""
        return all(self.told(code) == [list(seqs)] * 2 for code in codes)

    async def states(self) -> dict[str, LaneState]:
        """Return how the endpoints that are not well stand, as an operator sees it."""
        found = await self.replays.accounts(ReplayFilter())
        return {one.agency: one.state for one in found if one.state is not LaneState.OK}

    async def keeps_what_came_of_it(self) -> bool:
        """Tell whether all rows of the five are there, with the outcome that each should have."""
        rows = await self.mongo.private(DELIVERIES).find({"state": {"$ne": "delivered"}})
        tried: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            tried[row["agency"]] |= {row["last"]["outcome"]} if "last" in row else set()
        # Killed just after a 410, a notifier has disabled the endpoint and written no outcome.
        gone = tried.pop(GONE) or {"gone"}
        kept = {code: next(iter(some), None) for code, some in tried.items() if len(some) < 2}
        return len(rows) == 5 * 6 and kept | {GONE: "".join(gone)} == OUTCOMES

    def exported(self) -> dict[str, str]:
        """Return the same as the living notifiers' metrics say it, each institution once."""
        found: dict[str, str] = {}
        for notifier in self.notifiers:
            if notifier.child.alive:
                found |= unwell(notifier.get("/metrics")[1])
        return found


def has_sent(notifier: ServiceProcess) -> bool:
    return 'salur_deliveries_total{outcome="delivered"}' in notifier.get("/metrics")[1]


def unwell(metrics: str) -> dict[str, str]:
    families = text_string_to_metric_families(metrics)
    samples = (sample for family in families for sample in family.samples)
    return {
        sample.labels["agency"]: sample.labels["state"]
        for sample in samples
        if sample.name == "salur_endpoints"
    }


@pytest.fixture
async def nation(
    kafka: KafkaSettings,
    database: Part,
    *,
    mongo: Mongo,
    receiver: Receiver,
    tmp_path: Path,
) -> AsyncIterator[Nation]:
    admin = create_admin(kafka)
    await admin.start()
    try:
        names = (*map(agency_topic, CODES), "notifier-dlq")
        await admin.create_topics([NewTopic(name, 1, 1) for name in names])
    finally:
        await admin.close()
    documents = [subscription(code, f"{receiver.url}/{code}") for code in CODES]
    await mongo.private(ENDPOINTS).write([InsertOne(one) for one in documents])
    receiver.answers = {f"/{code}": answer for code, answer in ANSWERS.items()}
    receiver.headers = {"Retry-After": "1"}
    publisher = Publisher(kafka)
    nation = Nation(mongo, receiver, publisher)
    env = {
        **kafka_env(kafka),
        **ENV,
        "SALUR_MONGO__URL": database.url,
        "SALUR_MONGO__CASES_DATABASE": mongo._settings.cases_database,
        "SALUR_MONGO__PRIVATE_DATABASE": mongo._settings.private_database,
    }
    nation.notifiers = [
        ServiceProcess("notifier", number, folder=tmp_path, env=env) for number in (1, 2)
    ]
    yield nation
    for notifier in nation.notifiers:
        notifier.child.stop()
    await publisher.stop()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kills", [False, True], ids=["one-notifier", "two-one-killed"])
async def test_broken_endpoints_are_felt_by_nobody_else_and_lose_nothing(
    nation: Nation, *, kills: bool, eventually: Eventually
) -> None:
    receiver = nation.receiver
    running = nation.notifiers if kills else nation.notifiers[:1]
    for notifier in running:
        notifier.child.start()
    await eventually(lambda: all(one.answers() for one in running), "they share the topics")
    await nation.tell([1, 2])
    await eventually(lambda: all(has_sent(one) for one in running), "each of them has begun")
    if kills:
        running[0].child.kill()
    await nation.tell([3])

    # The hanging one is not released, and the other 45 have everything.
    await eventually(lambda: nation.have_all(WELL, [1, 2, 3]), "all 45 are told", timeout=60)
    assert not receiver.released.is_set()

    # The five are seen for what they are, by the operator and in the metrics.
    expected = dict.fromkeys((HANGS, FAILS, THROTTLES, RESETS), LaneState.FAILING)
    expected[GONE] = LaneState.DISABLED

    async def states_are_seen() -> bool:
        return await nation.states() == expected and nation.exported() == expected

    await eventually(states_are_seen, "four are failing and one is disabled")
    await eventually(nation.keeps_what_came_of_it, "what came of each attempt is kept")

    # Once they are well and tried again, nothing was lost, and nothing comes out of order.
    receiver.answers.clear()
    receiver.released.set()
    await nation.replays.replay(ReplayFilter())
    await eventually(lambda: nation.have_all(CODES[:5], [1, 2, 3]), "the five as well")

    async def settled() -> bool:
        found = await nation.mongo.private(DELIVERIES).find({}, fields=["state"])
        return len(found) == 300 and {row["state"] for row in found} == {"delivered"}

    await eventually(settled, "all 300 rows are settled")

"""Erasure at the notifier: rows lose their words in every state, the rest is told as before."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from collections.abc import Collection as Group
from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from services.notifier.domain.delivery.erasure import blanked_body
from services.notifier.domain.delivery.filters import passes
from services.notifier.reporters.contacts import Addressee, ReporterContacts
from services.notifier.reporters.handlers import ReporterHandler
from shared.contracts.case import Outcome, Place, Status
from shared.contracts.deliveries import DeliveryState
from shared.contracts.events import AgencyEvent, AgencyOutcome
from shared.contracts.subscriptions import EventFilter, Urgency
from shared.contracts.topics import EVENT
from shared.database.collections import DELIVERIES
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from shared.privacy.contacts import Contact
from shared.runtime.clock import SetClock
from shared.stage.handler import DecodedRecord
from tests.notifier.conftest import Build, register, states
from tests.notifier.events import KAB, agency_event
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon, fast_settings
from tests.notifier.receiver import Receiver
from tests.notifier.telling import COMPLETED, life, records

Eventually = Callable[..., Awaitable[None]]
WORD = "rahasia"


def told(name: str = "one", seq: int = 1, **changes: Any) -> AgencyEvent:
    """Return an event that quotes the reporter wherever one can."""
    event = agency_event(name, seq)
    assert event.complaint is not None
    complaint = event.complaint.model_copy(
        update={
            "title": WORD,
            "text": f"{WORD} sekali",
            "place": Place(text=WORD, latitude=1.0, longitude=2.0),
            "supplements": (WORD,),
        }
    )
    words = {"text": f"Soal {WORD}", "place": Place(text=WORD), "complaint": complaint}
    return event.model_copy(update=words | changes)


def erased(name: str = "one", seq: int = 9, agency: str = KAB) -> AgencyEvent:
    changes = {"outcome": AgencyOutcome.ERASED, "complaint": None}
    return agency_event(name, seq, agency).model_copy(update=changes)


def bodies(store: MemoryStore) -> dict[int, str]:
    return {row.seq: row.body for row in store.rows.values()}


@pytest.fixture
async def notifier(memory: MemoryStore, clock: SetClock) -> AsyncIterator[Notifier]:
    """Return a notifier whose lanes are not started: rows only go in."""
    notifier = Notifier(memory, FakeSender(holds=True), clock, fast_settings())
    yield notifier
    await abandon(notifier)


def test_a_blank_body_says_the_same_without_words() -> None:
    event = told()
    body = json.dumps({"type": "t", "timestamp": "z", "data": event.model_dump(mode="json")})

    blank = blanked_body(body)

    assert WORD not in blank
    said = json.loads(blank)
    assert (said["type"], said["timestamp"]) == ("t", "z")
    left = AgencyEvent.model_validate(said["data"])
    kept = {"complaint_id", "number", "agency", "seq", "outcome", "at", "status"}
    assert left.model_dump(include=kept) == event.model_dump(include=kept)
    assert blanked_body(blank) == blank


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"data": {"text": "rahasia"}}'])
def test_a_body_that_is_no_agencys_event_becomes_empty(body: str) -> None:
    assert blanked_body(body) == ""


@pytest.mark.parametrize("state", DeliveryState)
async def test_rows_in_every_state_are_blank_and_those_of_others_stay(
    notifier: Notifier, memory: MemoryStore, state: DeliveryState
) -> None:
    await notifier.read(told("one", 1), told("one", 2), told("two", 3))
    for row in memory.rows.values():
        object.__setattr__(row, "state", state)

    await notifier.read(erased("one", 9), first=10)

    found = bodies(memory)
    assert [seq for seq, body in found.items() if WORD in body] == [3]
    assert "erased" in found[9]
    assert memory.states()[:3] == [state.value] * 3


async def test_what_is_read_with_the_erasure_is_kept_blank_from_the_start(
    notifier: Notifier, memory: MemoryStore
) -> None:
    await notifier.read(told("one", 1), told("two", 2), erased("one", 9))

    assert [seq for seq, body in bodies(memory).items() if WORD in body] == [2]


async def test_a_database_that_is_away_has_the_erasure_again(
    notifier: Notifier, memory: MemoryStore
) -> None:
    await notifier.read(told("one", 1))
    memory.away = True
    with pytest.raises(DatabaseAway):
        await notifier.read(erased("one", 9), first=1)

    memory.away = False
    await notifier.read(erased("one", 9), first=1)

    assert not [body for body in bodies(memory).values() if WORD in body]


async def test_what_waits_in_memory_goes_out_in_order_and_without_words(
    memory: MemoryStore, clock: SetClock, *, eventually: Eventually
) -> None:
    sender = FakeSender(holds=True)
    async with Notifier(memory, sender, clock, fast_settings()) as notifier:
        notifier.hold(KAB)
        await notifier.read(*(told("one", seq) for seq in (1, 2, 3)), told("two", 4))
        await eventually(lambda: len(sender.open) == 2, "the first of both is out")
        await notifier.read(erased("one", 9), first=10)

        sender.holds = False
        for sent in sender.open:
            sent.answer()
        await eventually(lambda: memory.states() == ["delivered"] * 5, "all are delivered")

    mine = [sent.row for sent in sender.sent if sent.row.seq != 4]
    assert [row.seq for row in mine] == [1, 2, 3, 9]
    assert [WORD in row.body for row in mine] == [True, False, False, False]


class OneReporter(ReporterContacts):
    """A book in which everybody can be reached by e-mail."""

    async def reachable(self, complaints: Group[UUID]) -> dict[UUID, frozenset[Contact]]:
        return dict.fromkeys(complaints, frozenset({Contact.EMAIL}))

    async def contact(self, complaint: UUID, way: Contact) -> Addressee | None:
        return Addressee("siti@warga.example", "email:mark")


async def test_what_a_reporter_was_to_be_told_is_blank_and_nothing_more_is_told(
    notifier: Notifier, memory: MemoryStore, clock: SetClock
) -> None:
    ways = (Contact.EMAIL,)
    handler = ReporterHandler(OneReporter(), notifier.lanes, clock, ways=ways, hours=72)
    await handler.assigned(frozenset({TopicPartition(EVENT, 0)}))
    # Nobody ever held it: no institution's topic tells of its erasure.
    answered = COMPLETED | {"text": WORD}
    given = records(life(answered, {"outcome": Outcome.ERASED, "status": Status.COMPLETED}))
    items = [DecodedRecord(one, handler.decode(one)) for one in given]

    await handler.handle(items[:1])
    assert len(memory.rows) == 1
    await handler.handle(items[1:])
    await handler.handle(items)

    assert list(bodies(memory).values()) == [""]


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(events=frozenset({AgencyOutcome.ROUTED})),
        EventFilter(units=frozenset({"Dinas PU"})),
        EventFilter(urgency=Urgency.URGENT),
    ],
    ids=["events", "units", "urgency"],
)
def test_an_erasure_passes_every_filter(wanted: EventFilter) -> None:
    assert passes(erased(), wanted)
    assert not passes(agency_event(seq=2), wanted)


@pytest.mark.connected
async def test_an_endpoint_that_was_down_gets_no_word_and_hears_of_the_erasure(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    down = True
    receiver.answers[f"/{KAB}"] = lambda _: 503 if down else 200

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(told("one", 1), told("one", 2), told("two", 3))
        await eventually(lambda: bool(receiver.hits), "the endpoint refuses")
        await notifier.read(erased("one", 9), first=10)
        refused = len(receiver.hits)
        down = False

        async def all_delivered() -> bool:
            return await states(mongo) == ["delivered"] * 4

        await eventually(all_delivered, "all four are delivered")

    rows = await mongo.private(DELIVERIES).find({})
    assert [row["seq"] for row in rows if WORD in str(row)] == [3]
    late = [json.loads(hit.body)["data"] for hit in receiver.hits[refused + 2 :]]
    said = {data["seq"]: json.dumps(data) for data in late}
    assert said.keys() <= {1, 2, 3, 9}
    assert not [seq for seq, data in said.items() if WORD in data and seq != 3]
    assert said[9]

"""The reporters' stage, with fakes at every edge."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka import TopicPartition

from services.notifier.reporters.handlers import ReporterHandler
from shared.contracts.identifiers import tracking_code
from shared.contracts.topics import EVENT
from shared.errors import Undecodable
from shared.privacy.contacts import Contact
from shared.runtime.clock import SetClock
from shared.stage.handler import DecodedRecord
from tests.notifier.book import EMAIL, FakeBook
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon, fast_settings
from tests.notifier.telling import (
    CITIZEN,
    COMPLETED,
    FOLLOWED_UP,
    ROUTED,
    TRIAGED,
    life,
    records,
)
from tests.support.builders import FakeRecord, complaint_id

KEY = b"k" * 32
BOTH = (Contact.EMAIL, Contact.PHONE)


@pytest.fixture
async def notifier(memory: MemoryStore, clock: SetClock) -> AsyncIterator[Notifier]:
    """Return a notifier whose lanes are not started: rows only go in."""
    notifier = Notifier(memory, FakeSender(holds=True), clock, fast_settings())
    yield notifier
    await abandon(notifier)


@pytest.fixture
async def handler(book: FakeBook, notifier: Notifier, clock: SetClock) -> ReporterHandler:
    made = ReporterHandler(book, notifier.lanes, clock, ways=BOTH, hours=72)
    await made.assigned(frozenset({TopicPartition(EVENT, 3)}))
    return made


async def read(handler: ReporterHandler, given: list[FakeRecord]) -> None:
    await handler.handle([DecodedRecord(one, handler.decode(one)) for one in given])


async def test_an_event_gives_a_row_for_each_way(
    handler: ReporterHandler, memory: MemoryStore
) -> None:
    await read(handler, records(life(TRIAGED, ROUTED), first=7))

    rows = sorted(memory.rows.values(), key=lambda row: (row.endpoint_id, row.seq))
    assert [(row.endpoint_id, row.seq, row.offset) for row in rows] == [
        ("reporter-email", 1, 7),
        ("reporter-email", 2, 8),
        ("reporter-sms", 1, 7),
        ("reporter-sms", 2, 8),
    ]
    assert {row.source for row in rows} == {f"{EVENT}/3"}
    assert {row.agency for row in rows} == {""}


async def test_a_repeat_gives_no_second_row(handler: ReporterHandler, memory: MemoryStore) -> None:
    again = records(life(ROUTED))

    await read(handler, [*again, *again])
    await read(handler, again)

    assert len(memory.rows) == 2


async def test_a_row_holds_no_contact_no_code_and_nothing_of_the_report(
    handler: ReporterHandler, memory: MemoryStore
) -> None:
    await read(handler, records(life(TRIAGED, FOLLOWED_UP, COMPLETED)))

    bodies = " ".join(row.body for row in memory.rows.values())
    code = tracking_code(KEY, complaint_id("one"))
    for secret in (EMAIL, "6281234567890", code, CITIZEN, "Jalan rusak"):
        assert secret not in bodies
    assert "Sudah ditambal." in bodies


async def test_who_is_not_reachable_costs_no_row(
    handler: ReporterHandler, memory: MemoryStore, book: FakeBook
) -> None:
    given = [*life(ROUTED, name="two"), *life(ROUTED, name="three", anonymous=True)]

    await read(handler, records(given))

    assert memory.rows == {}
    # The anonymous one is not even looked up.
    assert book.asked == [frozenset({complaint_id("two")})]


async def test_a_batch_asks_once_who_is_reachable(handler: ReporterHandler, book: FakeBook) -> None:
    given = [event for name in "abcdef" for event in life(TRIAGED, ROUTED, name=name)]

    await read(handler, records(given))

    assert len(book.asked) == 1


async def test_what_happened_long_ago_is_passed_over(
    handler: ReporterHandler, memory: MemoryStore, clock: SetClock
) -> None:
    clock.advance(hours=72, minutes=30)

    await read(handler, records(life(TRIAGED, ROUTED)))

    assert sorted(row.seq for row in memory.rows.values()) == [2, 2]


async def test_a_way_that_is_off_gets_no_row(
    book: FakeBook, notifier: Notifier, memory: MemoryStore, clock: SetClock
) -> None:
    only = ReporterHandler(book, notifier.lanes, clock, ways=(Contact.PHONE,), hours=72)
    await only.assigned(frozenset({TopicPartition(EVENT, 3)}))

    await read(only, records(life(ROUTED)))

    assert [row.endpoint_id for row in memory.rows.values()] == ["reporter-sms"]


def test_a_record_that_is_no_event_is_a_dead_letter(handler: ReporterHandler) -> None:
    with pytest.raises(Undecodable):
        handler.decode(FakeRecord(topic=EVENT, value=b'{"seq": 1}'))


def test_old_is_by_business_time(handler: ReporterHandler, clock: SetClock) -> None:
    (old,) = records(life(ROUTED, at=clock.now() - timedelta(hours=73)))

    assert handler.decode(old).news is None

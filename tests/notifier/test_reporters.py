"""The reporters' stage and its sender, with fakes at every edge."""

from collections.abc import AsyncIterator
from collections.abc import Collection as Group
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from services.notifier.domain.deliveries import Delivery
from services.notifier.domain.news import News, NewsKind
from services.notifier.domain.outcomes import Outcome, Reply, judge
from services.notifier.domain.words import Facts
from services.notifier.reporters.allowance import Allowance
from services.notifier.reporters.book import Addressee, Book
from services.notifier.reporters.handler import WAYS, ReporterHandler, row_of
from services.notifier.reporters.sender import CAPPED, SKIPPED, Desk, ReporterSender
from shared.clock import SetClock
from shared.contacts import Contact
from shared.errors import DatabaseAway, Undecodable
from shared.identifiers import tracking_code
from shared.telemetry import Telemetry
from shared.topics import EVENT
from shared.work import Item
from tests.builders import START, FakeRecord, complaint_id
from tests.notifier.conftest import FakeSender, Notifier, abandon, fast_settings
from tests.notifier.memory import MemoryStore
from tests.notifier.telling import (
    CITIZEN,
    COMPLETED,
    FOLLOWED_UP,
    ROUTED,
    TRIAGED,
    life,
    records,
)

KEY = b"k" * 32
EMAIL = "siti@warga.example"
BOTH = (Contact.EMAIL, Contact.PHONE)


@dataclass
class FakeBook(Book):
    """Contacts by report."""

    known: dict[UUID, dict[Contact, str]] = field(default_factory=dict)
    asked: list[frozenset[UUID]] = field(default_factory=list)
    away: bool = False

    async def reachable(self, complaints: Group[UUID]) -> dict[UUID, frozenset[Contact]]:
        self.asked.append(frozenset(complaints))
        return {one: frozenset(self.known[one]) for one in complaints if one in self.known}

    async def contact(self, complaint: UUID, way: Contact) -> Addressee | None:
        if self.away:
            raise DatabaseAway("switched off by the test")
        contact = self.known.get(complaint, {}).get(way)
        return Addressee(contact, f"{way}:mark") if contact else None


@dataclass
class FakeAllowance(Allowance):
    """So many messages in all."""

    left: int = 100
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def takes(self, choice: str, row_id: str, at: datetime) -> bool:
        self.asked.append((choice, row_id))
        self.left -= 1
        return self.left >= 0


@dataclass
class FakeWire:
    """What was sent, and the answer to it."""

    reply: Reply = field(default_factory=lambda: Reply(200))
    sent: list[tuple[str, News, Facts]] = field(default_factory=list)

    async def send(self, contact: str, row: Delivery, news: News, facts: Facts) -> Reply:
        self.sent.append((contact, news, facts))
        return self.reply


@pytest.fixture
def book() -> FakeBook:
    return FakeBook({complaint_id("one"): {Contact.EMAIL: EMAIL, Contact.PHONE: "+6281234567890"}})


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
    await handler.handle([Item(one, handler.decode(one)) for one in given])


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


class Writing:
    """A sender of e-mail with fakes around it."""

    def __init__(self, book: FakeBook, key: bytes | None = KEY) -> None:
        self.wire, self.telemetry, self.allowance = FakeWire(), Telemetry(), FakeAllowance()
        names = {"kab-3603": "Pemerintah Kabupaten Tangerang"}
        desk = Desk(
            book=book,
            allowance=self.allowance,
            institution=names.__getitem__,
            clock=SetClock(START),
            telemetry=self.telemetry,
            tracking_key=key,
            page="https://x.id",
        )
        self._sender = ReporterSender(Contact.EMAIL, self.wire, desk)

    async def send(self, row: Delivery) -> Reply:
        return await self._sender.send(WAYS[Contact.EMAIL], row, START)

    def counted(self, kind: str, outcome: str) -> float:
        labels = {"kind": kind, "way": "email", "outcome": outcome}
        name = "salur_reporter_messages_total"
        return self.telemetry.registry.get_sample_value(name, labels) or 0.0


def rows(handler: ReporterHandler) -> list[Delivery]:
    told = [handler.decode(one) for one in records(life(ROUTED, COMPLETED))]
    return [row_of(one, WAYS[Contact.EMAIL], START) for one in told]


async def test_the_code_is_in_the_first_message_alone(
    handler: ReporterHandler, book: FakeBook
) -> None:
    writing = Writing(book)

    for row in rows(handler):
        assert (await writing.send(row)).status == 200

    first, second = writing.wire.sent
    name, code = "Pemerintah Kabupaten Tangerang", tracking_code(KEY, complaint_id("one"))
    assert (first[0], first[2]) == (EMAIL, Facts(name, code, "https://x.id"))
    assert (second[1].kind, second[2].code) == (NewsKind.COMPLETED, None)
    assert writing.counted("received", "delivered") == 1


async def test_without_a_key_there_is_no_code(handler: ReporterHandler, book: FakeBook) -> None:
    writing = Writing(book, key=None)

    await writing.send(rows(handler)[0])

    assert writing.wire.sent[0][2].code is None


async def test_a_contact_that_is_gone_meanwhile_settles_the_row_unsent(
    handler: ReporterHandler, book: FakeBook
) -> None:
    writing, (row, _) = Writing(book), rows(handler)
    book.known.clear()

    assert await writing.send(row) is SKIPPED
    assert writing.wire.sent == []
    assert writing.counted("received", "skipped") == 1


async def test_a_row_that_was_blanked_tells_nobody(
    book: FakeBook, handler: ReporterHandler
) -> None:
    writing, (row, _) = Writing(book), rows(handler)
    blanked = Delivery(**{name: getattr(row, name) for name in Delivery.__slots__} | {"body": ""})

    assert await writing.send(blanked) is SKIPPED
    assert writing.wire.sent == []


async def test_a_vault_that_is_away_is_not_the_mail_servers_trouble(
    handler: ReporterHandler, book: FakeBook
) -> None:
    writing, (row, _) = Writing(book), rows(handler)
    book.away = True

    with pytest.raises(DatabaseAway):
        await writing.send(row)


async def test_a_contact_that_has_had_enough_gets_nothing_more(
    handler: ReporterHandler, book: FakeBook
) -> None:
    writing, (first, second) = Writing(book), rows(handler)
    writing.allowance.left = 1

    assert (await writing.send(first)).status == 200
    assert await writing.send(second) is CAPPED

    assert len(writing.wire.sent) == 1
    assert writing.counted("completed", "capped") == 1
    assert judge(CAPPED, START).outcome is Outcome.CAPPED
    # By the hash of the contact and the row, never by the contact.
    assert writing.allowance.asked[0] == ("email:mark", first.delivery_id)


async def test_an_attempt_is_counted_by_what_came_of_it(
    handler: ReporterHandler, book: FakeBook
) -> None:
    writing, (row, _) = Writing(book), rows(handler)
    writing.wire.reply = Reply(failure=Outcome.TIMED_OUT)

    await writing.send(row)

    assert writing.counted("received", "timed_out") == 1


def test_old_is_by_business_time(handler: ReporterHandler, clock: SetClock) -> None:
    (old,) = records(life(ROUTED, at=clock.now() - timedelta(hours=73)))

    assert handler.decode(old).news is None

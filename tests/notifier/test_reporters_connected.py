"""Reporters on a real database: who is reachable, and the rows of a life that no wait can show."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from services.intake.documents import from_vault_row
from services.intake.domain.records import Receipt, ReceiptKind, vault_row
from services.intake.domain.submission import Submission
from services.intake.opt_outs import MongoOptOuts
from services.notifier.database import MongoNotifierStore
from services.notifier.gateways import Senders
from services.notifier.lanes import Lanes, LanesPorts
from services.notifier.mail import Mailer
from services.notifier.reporters.book import VaultBook
from services.notifier.reporters.handler import WAYS, ReporterHandler
from services.notifier.reporters.sender import Desk, senders_of
from shared.clock import WallClock
from shared.collections import DELIVERIES, ENDPOINTS, LANES, OPT_OUTS, VAULT
from shared.contacts import Contact
from shared.mongo import Mongo
from shared.names import Names
from shared.telemetry import Telemetry
from shared.topics import EVENT
from shared.work import Item
from tests.builders import START, complaint_id
from tests.notifier.conftest import fast_settings
from tests.notifier.mailbox import Mailbox
from tests.notifier.telling import (
    AUTO_CLOSED,
    CLOSING,
    COMPLETED,
    FOLLOWED_UP,
    RETURNED,
    ROUTED,
    TRIAGED,
    life,
    records,
)

pytestmark = pytest.mark.connected
Eventually = Callable[..., Awaitable[None]]
KEY = b"c" * 32
SITI = {"email": "siti@warga.example", "phone": "0812-3456-7890"}


async def keep(mongo: Mongo, name: str = "one", **form: Any) -> UUID:
    """Keep a vault row as intake does."""
    submission = Submission.model_validate({"text": "Jalan rusak", "reporter": SITI} | form)
    identifier = complaint_id(name)
    receipt = Receipt(identifier, ReceiptKind.COMPLAINT, identifier, "public", b"f", START)
    row = vault_row(submission, receipt, contact_key=KEY)
    await mongo.private(VAULT).insert(from_vault_row(row))
    return identifier


@pytest.fixture
def book(mongo: Mongo) -> VaultBook:
    return VaultBook(mongo.private(VAULT), mongo.private(OPT_OUTS))


async def test_only_reporters_who_can_and_want_to_be_told_are_reachable(
    mongo: Mongo, book: VaultBook
) -> None:
    both = await keep(mongo, "both")
    mail = await keep(mongo, "mail", reporter={"email": "a@b.id", "phone": "1708"})
    others = [
        await keep(mongo, "anonymous", anonymous=True),
        await keep(mongo, "unwilling", reporter=SITI | {"notify": False}),
        await keep(mongo, "nobody", reporter={"name": "Siti"}),
        complaint_id("unknown"),
    ]

    assert await book.reachable([both, mail, *others]) == {
        both: {Contact.EMAIL, Contact.PHONE},
        mail: {Contact.EMAIL},
    }
    assert await book.reachable([]) == {}
    assert await book.contact(both, Contact.EMAIL) == "siti@warga.example"
    assert await book.contact(both, Contact.PHONE) == "+6281234567890"
    for one in others:
        assert await book.contact(one, Contact.EMAIL) is None


async def test_a_choice_at_intakes_door_counts_from_the_next_message(
    mongo: Mongo, book: VaultBook
) -> None:
    one, other = await keep(mongo, "one"), await keep(mongo, "other", reporter=SITI)
    door = MongoOptOuts(mongo)
    standing = await door.standing(one)

    await door.choose(standing.ids(everywhere=False), wanted=False, at=START)
    assert await book.contact(one, Contact.EMAIL) is None
    assert await book.reachable([one, other]) == {other: {Contact.EMAIL, Contact.PHONE}}

    await door.choose(standing.ids(), wanted=False, at=START)
    assert await book.contact(other, Contact.PHONE) is None


async def test_an_erased_reporter_is_known_no_more(mongo: Mongo, book: VaultBook) -> None:
    one = await keep(mongo)
    await mongo.private(VAULT).delete({"_id": one})

    assert await book.contact(one, Contact.EMAIL) is None
    assert await book.reachable([one]) == {}


class Office:
    """The reporters' half of a notifier, reading what it is given."""

    def __init__(self, mongo: Mongo, book: VaultBook, mailbox: Mailbox) -> None:
        settings, clock, self.telemetry = fast_settings(), WallClock(), Telemetry()
        store = MongoNotifierStore(
            mongo.private(DELIVERIES), mongo.private(LANES), mongo.private(ENDPOINTS)
        )
        self.mailer = Mailer(mailbox.settings, request_seconds=0.4)
        names = Names(settings.directory, None)
        desk = Desk(book, names.institution, clock, self.telemetry, b"t" * 32)
        writers = senders_of(desk, mailer=self.mailer, gateway=None)
        senders = Senders({}, {WAYS[way].endpoint_id: each for way, each in writers.items()})
        ways = [WAYS[way] for way in writers]
        ports = LanesPorts(store, senders, clock, self.telemetry, lambda: 0.5, ways=ways)
        self.lanes = Lanes(ports, settings)
        self.handler = ReporterHandler(book, self.lanes, clock, ways=(Contact.EMAIL,), hours=72)

    async def read(self, events: Any) -> None:
        """Have a batch with these events."""
        items = [Item(one, self.handler.decode(one)) for one in records(events)]
        await self.handler.handle(items)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
async def office(mongo: Mongo, book: VaultBook, mailbox: Mailbox) -> AsyncIterator[Office]:
    office = Office(mongo, book, mailbox)
    await office.lanes.start()
    await office.handler.assigned(frozenset({TopicPartition(EVENT, 3)}))
    yield office
    await office.lanes.stop()
    await office.mailer.stop()


async def test_a_life_that_closes_by_itself_is_told_whole(
    office: Office, mongo: Mongo, mailbox: Mailbox, *, eventually: Eventually
) -> None:
    await keep(mongo)
    steps = (TRIAGED, ROUTED, RETURNED, FOLLOWED_UP, COMPLETED, CLOSING, AUTO_CLOSED)
    events = life(*steps, at=_recently())

    await office.read(events)
    await office.read(events[3:])  # a batch comes twice
    await eventually(lambda: len(mailbox.letters) == 7, "seven letters")

    subjects = [str(one.message["subject"]).rpartition(" / ")[2] for one in mailbox.letters]
    assert subjects == [
        "received",
        "sent on",
        "more is needed",
        "followed up",
        "answered",
        "closing soon",
        "closed",
    ]


async def test_a_refused_address_holds_up_nobody_else(
    office: Office, mongo: Mongo, mailbox: Mailbox, *, eventually: Eventually
) -> None:
    for name in ("bad", "good"):
        await keep(mongo, name, reporter={"email": f"{name}@warga.example"})
    mailbox.refusal = lambda address: "550 no such user" if "bad" in address else None

    for name in ("bad", "good"):
        await office.read(life(ROUTED, FOLLOWED_UP, name=name, at=_recently()))
    await eventually(lambda: len(mailbox.of("good@warga.example")) == 2, "the good one's letters")

    async def is_rejected() -> bool:
        found = await mongo.private(DELIVERIES).find({"complaint_id": complaint_id("bad")})
        return [row["state"] for row in found] == ["rejected", "rejected"]

    await eventually(is_rejected, "the bad one's rows are settled")
    assert await mongo.private(LANES).count({"state": {"$ne": "ok"}}) == 0


async def test_an_erasure_before_the_mail_server_is_back_settles_the_rows_unsent(
    office: Office, mongo: Mongo, mailbox: Mailbox, *, eventually: Eventually
) -> None:
    await keep(mongo, "erased")
    await keep(mongo, "kept")
    await mailbox.stop()
    for name in ("erased", "kept"):
        await office.read(life(ROUTED, name=name, at=_recently()))
    await mongo.private(VAULT).delete({"_id": complaint_id("erased")})

    await mailbox.start()
    await eventually(lambda: len(mailbox.letters) == 1, "the other's letter")

    async def all_settled() -> bool:
        return await mongo.private(DELIVERIES).count({"state": "delivered"}) == 2

    await eventually(all_settled, "both rows are settled")
    assert len(mailbox.letters) == 1


def _recently() -> datetime:
    return WallClock().now()

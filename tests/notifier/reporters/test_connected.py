"""Reporters on a real database: who is reachable, and the rows of a life that no wait can show."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from services.intake.identity.vault import VaultCodec
from services.intake.preferences.store import MongoOptOuts
from services.intake.submit.records import Receipt, ReceiptKind, vault_row
from services.intake.submit.submission import Submission
from services.notifier.channels.mail import Mailer
from services.notifier.channels.webhook import Senders
from services.notifier.database import MongoNotifierStore
from services.notifier.delivery.dispatcher import Dispatcher
from services.notifier.ports import DeliveryPorts
from services.notifier.reporters.allowance import DailyAllowance
from services.notifier.reporters.contacts import MongoReporterContacts
from services.notifier.reporters.handlers import WAYS, ReporterHandler
from services.notifier.reporters.sender import MessageContext, senders_of
from shared.contracts.topics import EVENT
from shared.database.collections import ALLOWANCES, CONTACTS, DELIVERIES, ENDPOINTS, LANES, OPT_OUTS
from shared.database.mongo import Mongo
from shared.key_rings import KeyRing
from shared.privacy.contacts import Contact
from shared.reference.names import DisplayNames
from shared.runtime.clock import WallClock
from shared.stage.handler import DecodedRecord
from shared.telemetry.registry import Telemetry
from tests.notifier.mailbox import Mailbox
from tests.notifier.process import fast_settings
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
from tests.support.builders import CONTACT_RING, RING, START, complaint_id

pytestmark = pytest.mark.connected
Eventually = Callable[..., Awaitable[None]]
KEY = b"c" * 32
SITI = {"email": "siti@warga.example", "phone": "0812-3456-7890"}


async def keep(mongo: Mongo, name: str = "one", **form: Any) -> UUID:
    """Keep contacts as intake does."""
    submission = Submission.model_validate({"text": "Jalan rusak", "reporter": SITI} | form)
    identifier = complaint_id(name)
    receipt = Receipt(identifier, ReceiptKind.COMPLAINT, identifier, "public", b"f", START)
    row = vault_row(submission, receipt, contact_key=KEY)
    if (document := VaultCodec(RING).to_contacts(row)) is not None:
        await mongo.private(CONTACTS).insert(document)
    return identifier


@pytest.fixture
def book(mongo: Mongo) -> MongoReporterContacts:
    return MongoReporterContacts(
        mongo.private(CONTACTS), mongo.private(OPT_OUTS), keys=CONTACT_RING
    )


async def test_a_choice_at_intakes_door_counts_from_the_next_message(
    mongo: Mongo, book: MongoReporterContacts
) -> None:
    one, other = await keep(mongo, "one"), await keep(mongo, "other", reporter=SITI)
    door = MongoOptOuts(mongo)
    preferences = await door.preferences_of(one)

    await door.choose(preferences.ids(everywhere=False), wanted=False, at=START)
    assert await book.contact(one, Contact.EMAIL) is None
    assert await book.reachable([one, other]) == {other: {Contact.EMAIL, Contact.PHONE}}

    await door.choose(preferences.ids(), wanted=False, at=START)
    assert await book.contact(other, Contact.PHONE) is None


class Office:
    """The reporters' half of a notifier, reading what it is given."""

    def __init__(
        self, mongo: Mongo, book: MongoReporterContacts, mailbox: Mailbox, *, most: int = 20
    ) -> None:
        settings, clock, self.telemetry = fast_settings(), WallClock(), Telemetry()
        store = MongoNotifierStore(
            mongo.private(DELIVERIES), mongo.private(LANES), mongo.private(ENDPOINTS)
        )
        self.mailer = Mailer(mailbox.settings, request_seconds=0.4)
        names = DisplayNames(settings.directory, None)
        desk = MessageContext(
            book=book,
            allowance=DailyAllowance(mongo.private(ALLOWANCES), most=most),
            institution=names.institution,
            clock=clock,
            telemetry=self.telemetry,
            tracking_keys=KeyRing("NOTIFIER_TRACKING_KEY", {"1": b"t" * 32}),
        )
        writers = senders_of(desk, mailer=self.mailer, gateway=None)
        senders = Senders({}, {WAYS[way].endpoint_id: each for way, each in writers.items()})
        ways = [WAYS[way] for way in writers]
        ports = DeliveryPorts(store, senders, clock, self.telemetry, lambda: 0.5, ways=ways)
        self.lanes = Dispatcher(ports, settings)
        self.handler = ReporterHandler(book, self.lanes, clock, ways=(Contact.EMAIL,), hours=72)

    async def read(self, events: Any) -> None:
        """Have a batch with these events."""
        items = [DecodedRecord(one, self.handler.decode(one)) for one in records(events)]
        await self.handler.handle(items)

    def counted(self, outcome: str) -> float:
        """Return how many attempts ended so."""
        labels = {"outcome": outcome}
        found = self.telemetry.registry.get_sample_value("salur_deliveries_total", labels)
        return found or 0.0

    async def __aenter__(self) -> Self:
        await self.lanes.start()
        await self.handler.assigned(frozenset({TopicPartition(EVENT, 3)}))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.lanes.stop()
        await self.mailer.stop()


@pytest.fixture
async def office(
    mongo: Mongo, book: MongoReporterContacts, mailbox: Mailbox
) -> AsyncIterator[Office]:
    async with Office(mongo, book, mailbox) as office:
        yield office


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
    await eventually(lambda: office.counted("unreachable") >= 2, "one probe at a time by now")
    await mongo.private(CONTACTS).delete({"_id": complaint_id("erased")})
    tried = office.counted("unreachable")
    # The first of them may have read its contact before.
    await eventually(lambda: office.counted("unreachable") >= tried + 2, "tried again")

    await mailbox.start()
    await eventually(lambda: len(mailbox.letters) == 1, "the other's letter")

    async def all_settled() -> bool:
        return await mongo.private(DELIVERIES).count({"state": "delivered"}) == 2

    await eventually(all_settled, "both rows are settled")
    assert len(mailbox.letters) == 1


async def test_reports_in_a_strangers_name_flood_nobody(
    mongo: Mongo, book: MongoReporterContacts, mailbox: Mailbox, *, eventually: Eventually
) -> None:
    office = Office(mongo, book, mailbox, most=3)
    for name in "abcdefgh":
        await keep(mongo, name)

    async with office:
        await office.read([life(ROUTED, name=name, at=_recently())[0] for name in "abcdefgh"])
        await eventually(lambda: office.counted("capped") == 5, "the rest is settled unsent")
        await eventually(lambda: len(mailbox.letters) == 3, "three have gone out")

    assert await mongo.private(DELIVERIES).count({"state": "rejected"}) == 5


async def test_a_full_mailbox_delays_its_own_message_alone(
    mongo: Mongo, book: MongoReporterContacts, mailbox: Mailbox, *, eventually: Eventually
) -> None:
    office = Office(mongo, book, mailbox)
    await keep(mongo, "full", reporter={"email": "full@warga.example"})
    await keep(mongo, "well", reporter={"email": "well@warga.example"})
    mailbox.refusal = lambda address: "452 mailbox full" if "full" in address else None

    async with office:
        lives = [life(ROUTED, COMPLETED, name=name, at=_recently()) for name in ("full", "well")]
        await office.read([event for one in lives for event in one])
        await eventually(lambda: len(mailbox.letters) == 2, "the other one's have gone out")
        await eventually(lambda: office.counted("deferred") == 1, "it was tried once")

    where = {"state": "pending", "owner": "deferred"}
    assert await mongo.private(DELIVERIES).count(where) == 1
    assert await mongo.private(DELIVERIES).count({"state": "pending"}) == 2
    assert await mongo.private(LANES).count({"state": {"$ne": "ok"}}) == 0


def _recently() -> datetime:
    return WallClock().now()

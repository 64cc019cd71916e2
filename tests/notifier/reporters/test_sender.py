"""The sender of messages to reporters, with fakes at every edge."""

from dataclasses import dataclass, field

import pytest

from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome, judge
from services.notifier.domain.messages.reporter_update import ReporterUpdate, update_of
from services.notifier.domain.messages.reporter_wording import MessageFacts, email_of
from services.notifier.domain.messages.update_rules import UpdateKind
from services.notifier.reporters.handlers import WAYS, ReporterEvent, delivery_for
from services.notifier.reporters.sender import CAPPED, SKIPPED, MessageContext, ReporterSender
from shared.contracts.identifiers import tracking_code
from shared.contracts.topics import EVENT
from shared.errors import DatabaseAway
from shared.key_rings import KeyRing
from shared.privacy.contact_links import DOOR, choice_in, link_key
from shared.privacy.contacts import Contact, choice_of_contact
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from tests.notifier.book import EMAIL, MARK, FakeAllowance, FakeBook
from tests.notifier.telling import (
    COMPLETED,
    ROUTED,
    life,
)
from tests.support.builders import START, complaint_id

KEY = b"k" * 32


@dataclass
class FakeWire:
    """What was sent, and the answer to it."""

    reply: ChannelReply = field(default_factory=lambda: ChannelReply(200))
    sent: list[tuple[str, ReporterUpdate, MessageFacts]] = field(default_factory=list)

    async def send(
        self, contact: str, row: Delivery, news: ReporterUpdate, facts: MessageFacts
    ) -> ChannelReply:
        self.sent.append((contact, news, facts))
        return self.reply


class Writing:
    """A sender of e-mail with fakes around it."""

    def __init__(self, book: FakeBook, key: bytes | None = KEY) -> None:
        self.wire, self.telemetry, self.allowance = FakeWire(), Telemetry(), FakeAllowance()
        names = {"kab-3603": "Pemerintah Kabupaten Tangerang"}
        desk = MessageContext(
            book=book,
            allowance=self.allowance,
            institution=names.__getitem__,
            clock=SetClock(START),
            telemetry=self.telemetry,
            tracking_keys=KeyRing("NOTIFIER_TRACKING_KEY", {"1": key} if key else {}),
            page="https://x.id",
            links="https://lapor.example",
        )
        self._sender = ReporterSender(Contact.EMAIL, self.wire, desk)

    async def send(self, row: Delivery) -> ChannelReply:
        return await self._sender.send(WAYS[Contact.EMAIL], row, START)

    def counted(self, kind: str, outcome: str) -> float:
        labels = {"kind": kind, "way": "email", "outcome": outcome}
        name = "salur_reporter_messages_total"
        return self.telemetry.registry.get_sample_value(name, labels) or 0.0


def rows() -> list[Delivery]:
    told = [
        ReporterEvent(event.complaint_id, event.seq, f"{EVENT}/3", place, update_of(event))
        for place, event in enumerate(life(ROUTED, COMPLETED))
    ]
    return [delivery_for(one, WAYS[Contact.EMAIL], START) for one in told]


async def test_the_code_is_in_the_first_message_alone(book: FakeBook) -> None:
    writing = Writing(book)

    for row in rows():
        assert (await writing.send(row)).status == 200

    first, second = writing.wire.sent
    name, code = "Pemerintah Kabupaten Tangerang", tracking_code(KEY, complaint_id("one"))
    assert (first[0], first[2][:3]) == (EMAIL, (name, code, "https://x.id"))
    assert (second[1].kind, second[2].code) == (UpdateKind.COMPLETED, None)
    assert writing.counted("received", "delivered") == 1


async def test_each_letter_has_a_link_of_its_contacts_own(book: FakeBook) -> None:
    writing = Writing(book)

    for row in rows():
        await writing.send(row)

    links = [facts.link for _, _, facts in writing.wire.sent]
    tokens = [link.removeprefix(f"https://lapor.example{DOOR}") for link in links]
    choices = {choice_in(link_key(KEY), token, START) for token in tokens}
    assert choices == {choice_of_contact(Contact.EMAIL, MARK)}
    assert links[0] in email_of(writing.wire.sent[0][1], writing.wire.sent[0][2]).text


async def test_without_a_key_there_is_no_code(book: FakeBook) -> None:
    writing = Writing(book, key=None)

    await writing.send(rows()[0])

    assert (writing.wire.sent[0][2].code, writing.wire.sent[0][2].link) == (None, "")


async def test_a_contact_that_is_gone_meanwhile_settles_the_row_unsent(book: FakeBook) -> None:
    writing, (row, _) = Writing(book), rows()
    book.known.clear()

    assert await writing.send(row) is SKIPPED
    assert writing.wire.sent == []
    assert writing.counted("received", "skipped") == 1


async def test_a_row_that_was_blanked_tells_nobody(book: FakeBook) -> None:
    writing, (row, _) = Writing(book), rows()
    blanked = Delivery(**{name: getattr(row, name) for name in Delivery.__slots__} | {"body": ""})

    assert await writing.send(blanked) is SKIPPED
    assert writing.wire.sent == []


async def test_a_vault_that_is_away_is_not_the_mail_servers_trouble(book: FakeBook) -> None:
    writing, (row, _) = Writing(book), rows()
    book.away = True

    with pytest.raises(DatabaseAway):
        await writing.send(row)


async def test_a_contact_that_has_had_enough_gets_nothing_more(book: FakeBook) -> None:
    writing, (first, second) = Writing(book), rows()
    writing.allowance.most = 1

    assert (await writing.send(first)).status == 200
    assert await writing.send(second) is CAPPED

    assert len(writing.wire.sent) == 1
    assert writing.counted("completed", "capped") == 1
    assert judge(CAPPED, START).outcome is DeliveryOutcome.CAPPED
    # By the hash of the contact and the row, never by the contact.
    assert writing.allowance.asked[0] == (f"email:{MARK.hex()}", first.delivery_id)


async def test_an_attempt_is_counted_by_what_came_of_it(book: FakeBook) -> None:
    writing, (row, _) = Writing(book), rows()
    writing.wire.reply = ChannelReply(failure=DeliveryOutcome.TIMED_OUT)

    await writing.send(row)

    assert writing.counted("received", "timed_out") == 1

"""Writes to a reporter: looks the contact up, finds the words, hands both to the way.

The contact and the tracking code live from here to the end of the attempt, and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from services.notifier.channels.mail import Mail, Mailer
from services.notifier.channels.sms import Sms, SmsGateway
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome, judge
from services.notifier.domain.messages.reporter_update import ReporterUpdate
from services.notifier.domain.messages.reporter_wording import MessageFacts, email_of, sms_of
from services.notifier.domain.messages.update_rules import UpdateKind
from services.notifier.reporter_settings import TRACKING_KEY
from services.notifier.reporters.allowance import Allowance
from services.notifier.reporters.contacts import Addressee, ReporterContacts
from shared.contracts.identifiers import tracking_code
from shared.key_rings import KeyRing
from shared.privacy.contact_links import DOOR, contact_token, link_key
from shared.privacy.contacts import Contact
from shared.runtime.clock import Clock
from shared.telemetry.registry import Telemetry

NO_KEYS = KeyRing(TRACKING_KEY, {})
CAPPED = ChannelReply(failure=DeliveryOutcome.CAPPED)
SKIPPED = ChannelReply(status=204)  # nobody is to be told any more: done, and nothing was sent


class ReporterChannel(Protocol):
    """One way to reporters."""

    async def send(
        self, contact: str, row: Delivery, news: ReporterUpdate, facts: MessageFacts
    ) -> ChannelReply:
        """Send one message to one contact."""
        ...


class MailChannel:
    """Reporters by e-mail."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def send(
        self, contact: str, row: Delivery, news: ReporterUpdate, facts: MessageFacts
    ) -> ChannelReply:
        """Send a letter; the same message id in every repeat."""
        letter = email_of(news, facts)
        mail = Mail(contact, letter.subject, letter.text, row.delivery_id, facts.link)
        return await self._mailer.send(mail)


class SmsChannel:
    """Reporters by SMS."""

    def __init__(self, gateway: SmsGateway) -> None:
        self._gateway = gateway

    async def send(
        self, contact: str, row: Delivery, news: ReporterUpdate, facts: MessageFacts
    ) -> ChannelReply:
        """Send an SMS; the same id in every repeat."""
        return await self._gateway.send(Sms(contact, sms_of(news, facts), row.ce_id))


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What letters to reporters are written with."""

    book: ReporterContacts
    allowance: Allowance
    institution: Callable[[str], str]  # a code's name
    clock: Clock
    telemetry: Telemetry
    tracking_keys: KeyRing = NO_KEYS  # then no code is told
    page: str = ""
    links: str = ""  # before the path of intake's door

    def facts(self, news: ReporterUpdate, complaint: UUID, to: Addressee) -> MessageFacts:
        """Return what a message holds beside its news; the code in the first one alone.

        Raises:
            UnknownKey: the code is of a key that is not here; the row waits for it.
        """
        code = None
        if news.kind is UpdateKind.RECEIVED and self.tracking_keys.keys:
            key = self.tracking_keys.key(to.code.key_id)
            code = tracking_code(key, complaint, to.code.issue)
        name = self.institution(news.institution) if news.institution else None
        return MessageFacts(name, code, self.page, self._link(to))

    def _link(self, to: Addressee) -> str:
        if not self.links or not self.tracking_keys.keys:
            return ""
        kind, _, mark = to.mark.partition(":")
        key = link_key(self.tracking_keys.key(self.tracking_keys.newest))
        token = contact_token(key, Contact(kind), bytes.fromhex(mark), self.clock.now())
        return f"{self.links}{DOOR}{token}"


class ReporterSender:
    """The sender of the rows of one way."""

    def __init__(self, way: Contact, wire: ReporterChannel, desk: MessageContext) -> None:
        self._way = way
        self._wire = wire
        self._desk = desk

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> ChannelReply:
        """Send one message, or settle it unsent.

        That is so where its contact is gone, wants none, or has had enough for the day.

        Raises:
            DatabaseAway: the contact cannot be looked up or counted; the row waits.
        """
        news = _news(row)
        to = await self._desk.book.contact(row.complaint_id, self._way) if news else None
        if news is None or to is None:
            self._count(news, "skipped")
            return SKIPPED
        reply = CAPPED
        if await self._desk.allowance.takes(to.mark, row.delivery_id, at):
            facts = self._desk.facts(news, row.complaint_id, to)
            reply = await self._wire.send(to.contact, row, news, facts)
        self._count(news, judge(reply, self._desk.clock.now()).outcome)
        return reply

    def _count(self, news: ReporterUpdate | None, outcome: str) -> None:
        messages = self._desk.telemetry.counter("salur_reporter_messages_total")
        messages.labels(news.kind if news else "erased", self._way, outcome).inc()


def _news(row: Delivery) -> ReporterUpdate | None:
    # A row that was blanked by an erasure tells nobody anything.
    try:
        return ReporterUpdate.model_validate_json(row.body)
    except ValidationError:
        return None


def senders_of(
    desk: MessageContext, *, mailer: Mailer | None, gateway: SmsGateway | None
) -> Mapping[Contact, ReporterSender]:
    """Return a sender for each way that is on."""
    wires: dict[Contact, ReporterChannel] = {}
    if mailer is not None:
        wires[Contact.EMAIL] = MailChannel(mailer)
    if gateway is not None:
        wires[Contact.PHONE] = SmsChannel(gateway)
    return {way: ReporterSender(way, wire, desk) for way, wire in wires.items()}

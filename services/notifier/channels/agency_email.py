"""Tells an institution of an event by e-mail, through the mailer."""

from dataclasses import replace
from datetime import datetime

from services.notifier.channels.mail import Mail, Mailer
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome
from services.notifier.domain.messages.agency_wording import agency_email
from services.notifier.domain.messages.event_summary import summary_of
from shared.contracts.subscriptions import Endpoint


class AgencyEmailSender:
    """Writes the e-mail of a delivery and has it sent.

    Every repeat has the same Message-ID, so that a mailbox can tell it from another event.
    """

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def send(self, endpoint: Endpoint, row: Delivery, at: datetime) -> ChannelReply:
        """Send a row to the endpoint's address; the instant is the mailer's own affair."""
        written = agency_email(summary_of(row.body))
        mail = Mail(
            to=endpoint.address,
            subject=written.subject,
            text=written.text,
            message_id=row.delivery_id,
        )
        reply = await self._mailer.send(mail)
        # Its mailbox is the whole endpoint: what that cannot take is the endpoint's trouble.
        is_deferred = reply.failure is DeliveryOutcome.DEFERRED
        return replace(reply, failure=DeliveryOutcome.THROTTLED) if is_deferred else reply

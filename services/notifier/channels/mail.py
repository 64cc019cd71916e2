"""Sends e-mail through one mail server; whatever goes wrong comes back as a reply.

Neither an address nor a text leaves this module, by log or by exception: the library's errors
quote recipients, so they end here.
"""

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate
from ssl import SSLContext

import aiosmtplib

from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome
from services.notifier.settings import SmtpSettings
from shared.privacy.contacts import email_address
from shared.runtime.component import Component
from shared.runtime.tls import untrusted_reason

TAKEN = 200  # in the words of HTTP, which replies are judged in
REFUSED = 422  # this message alone
CLOSING = 421  # of SMTP: the server is about to close, whatever it was asked
MOST_SUBJECT = 200
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one person; the same `message_id` in every repeat of it."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    message_id: str  # before the @; the sender's domain comes after it
    unsubscribe: str = field(default="", repr=False)  # where one click ends such mail (RFC 8058)


class Mailer(Component):
    """Hands messages to the mail server; the connections of the last ones serve the next.

    There are never more than `settings.connections`; a message waits for one as long as it may
    take in all, since it is sent under a lease.
    """

    def __init__(
        self, settings: SmtpSettings, *, request_seconds: float, trust: SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._trust = trust
        self._seconds = request_seconds
        self._kept: list[aiosmtplib.SMTP] = []
        self._free = asyncio.Semaphore(settings.connections)

    async def stop(self) -> None:
        """Close all connections."""
        kept, self._kept = self._kept, []
        for connection in kept:
            with suppress(aiosmtplib.SMTPException, OSError):
                await connection.quit(timeout=1)
            connection.close()

    async def send(self, mail: Mail) -> ChannelReply:
        """Send a message.

        Returns:
            Status 200 where the server took it, 422 where it refuses this address or this
            message for good. Else why there is no status: `deferred` where the server cannot take
            mail for this address now (a full mailbox, greylisting), or the server's own trouble.
        """
        started = time.monotonic()
        reply = await self._attempt(mail)
        return replace(reply, seconds=time.monotonic() - started)

    async def _attempt(self, mail: Mail) -> ChannelReply:
        if not self._settings.is_on:
            return ChannelReply(failure=DeliveryOutcome.UNREACHABLE)
        if email_address(mail.to) is None:
            return ChannelReply(REFUSED)
        try:
            message = composed(mail, self._settings.sender)
            async with asyncio.timeout(self._seconds), self._free:
                await self._hand_over(mail.to, message)
        except Exception as error:  # its text quotes a recipient, so nobody else may see it
            return reply_to(error)
        return ChannelReply(TAKEN)

    async def _hand_over(self, to: str, message: bytes) -> None:
        connection = await self._connection()
        try:
            await connection.sendmail(sender_of(self._settings.sender), [to], message)
        except BaseException:
            connection.close()
            raise
        self._kept.append(connection)

    async def _connection(self) -> aiosmtplib.SMTP:
        while self._kept:
            kept = self._kept.pop()
            if await _is_open(kept):
                return kept
        return await self._connected()

    async def _connected(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.password.get_secret_value() if settings.password else None
        connection = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=password,
            local_hostname=_domain(settings.sender),
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._trust,
            timeout=self._seconds,
        )
        try:
            await connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection


async def _is_open(kept: aiosmtplib.SMTP) -> bool:
    """Tell whether a connection still serves; servers close what is idle. Else it is closed."""
    try:
        await kept.noop()
    except BaseException as error:
        kept.close()
        if isinstance(error, aiosmtplib.SMTPException | OSError):
            return False
        raise
    return True


def composed(mail: Mail, sender: str) -> bytes:
    """Return a message as it goes over the wire, every header on a line of its own."""
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = _one_line(mail.subject)[:MOST_SUBJECT]
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{_NOT_IN_AN_ID.sub('-', mail.message_id)}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notes come back
    text = mail.text.encode("utf-8", "replace").decode()
    message.set_content(text, cte="quoted-printable")
    return _one_click(mail.unsubscribe) + message.as_bytes()


def _one_click(link: str) -> bytes:
    # Written as they are: the library would encode a link that is longer than a line.
    if not link:
        return b""
    headers = (f"List-Unsubscribe: <{link}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return "".join(f"{header}\r\n" for header in headers).encode("ascii")


def sender_of(sender: str) -> str:
    """Return the bare address of a sender that may have a name before it."""
    return sender.rpartition("<")[2].rstrip("> ")


def reply_to(error: BaseException) -> ChannelReply:
    """Return what an error of the library means; its text is dropped."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused() if error.recipients:
            return _about_a_recipient(error.recipients[0].code)
        case aiosmtplib.SMTPDataError():
            return _refusal(error.code, final=ChannelReply(REFUSED))
        case aiosmtplib.SMTPAuthenticationError():
            return ChannelReply(failure=DeliveryOutcome.UNUSABLE)
        case aiosmtplib.SMTPResponseException():
            return _refusal(error.code, final=ChannelReply(failure=DeliveryOutcome.SERVER_ERROR))
    return ChannelReply(failure=_unanswered(error))


def _unanswered(error: BaseException) -> DeliveryOutcome:
    if isinstance(error, TimeoutError):
        return DeliveryOutcome.TIMED_OUT
    if untrusted_reason(error):
        return DeliveryOutcome.UNTRUSTED
    is_away = isinstance(error, OSError | aiosmtplib.SMTPServerDisconnected)
    return DeliveryOutcome.UNREACHABLE if is_away else DeliveryOutcome.UNUSABLE


def _about_a_recipient(code: int) -> ChannelReply:
    if 400 <= code < 500 and code != CLOSING:
        return ChannelReply(failure=DeliveryOutcome.DEFERRED)
    return _refusal(code, final=ChannelReply(REFUSED))


def _refusal(code: int, *, final: ChannelReply) -> ChannelReply:
    return final if 500 <= code < 600 else ChannelReply(failure=DeliveryOutcome.THROTTLED)


def _one_line(text: str) -> str:
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(kept.split())


def _domain(sender: str) -> str:
    return sender_of(sender).rpartition("@")[2]

"""A mail server for tests: keeps what it is sent, and refuses what it is told to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from ssl import SSLContext

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifier.settings import SmtpSettings

SENDER = "Salur <no-reply@salur.example>"


@dataclass(frozen=True)
class Letter:
    """One message that the server took."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """Return the words."""
        return str(self.message.get_content()).replace("\r\n", "\n")


class Mailbox:
    """An SMTP server on the loopback that can be stopped and started again on its port."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls  # offered by STARTTLS
        self.letters: list[Letter] = []
        self.connections = 0
        self.refusal: Callable[[str], str | None] = lambda address: None  # answers RCPT
        self.answer = "250 taken"  # answers DATA
        self.hangs = False
        self.hanging = 0  # letters that wait for an answer
        self.idles: asyncio.Event | None = None  # where set, NOOP sets it and is never answered
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: list[asyncio.BaseTransport] = []

    def of(self, address: str) -> list[Letter]:
        """Return the messages to an address."""
        return [letter for letter in self.letters if letter.to == (address,)]

    @property
    def settings(self) -> SmtpSettings:
        """Return how to reach it."""
        return SmtpSettings(host="127.0.0.1", port=self.port, tls="none", sender=SENDER)

    async def start(self) -> None:
        """Listen, on the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone, with all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            self.disconnect()
            await server.wait_closed()

    def disconnect(self) -> None:
        """Close what is open, as servers do with idle connections."""
        for transport in self._open:
            transport.close()
        self._open.clear()

    def _protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(self, enable_SMTPUTF8=True, tls_context=self._tls)

    async def handle_EHLO(  # noqa: PLR0917 — the library's signature
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        if server.transport is not None:
            self._open.append(server.transport)
        return responses

    async def handle_NOOP(
        self, server: SMTP, session: Session, envelope: Envelope, arg: str
    ) -> str:
        if self.idles is not None:
            self.idles.set()
            await asyncio.Event().wait()
        return "250 ok"

    async def handle_RCPT(  # noqa: PLR0917
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self.refusal(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.hanging += 1
        while self.hangs:
            await asyncio.sleep(0.01)
        self.hanging -= 1
        content = envelope.content
        if self.answer.startswith("250") and isinstance(content, bytes):
            message = BytesParser(EmailMessage, policy=default).parsebytes(content)
            self.letters.append(Letter(str(envelope.mail_from), tuple(envelope.rcpt_tos), message))
        return self.answer

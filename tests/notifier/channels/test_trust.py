"""Webhooks, mail servers and SMS gateways with a certificate of ours, or of another authority."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web
from pydantic import SecretStr

from deploy.operate.doctor.waiting import judge_endpoints
from services.notifier.channels.mail import Mail, Mailer
from services.notifier.channels.sms import Sms, SmsGateway
from services.notifier.channels.webhook import WebhookSender
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.reporter_settings import SmsSettings
from shared.runtime.tls import WAY_OUT, public_authorities_context
from tests.deploy.operate.doctor.test_findings import WELL
from tests.notifier.events import ROW, endpoint
from tests.notifier.mailbox import Mailbox
from tests.support.certificates import Ours, context_of, listening

NOW = datetime.now(UTC)
MAIL = Mail(to="siti@warga.example", subject="Laporan", text="Isi.", message_id="1")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Ours:
    return Ours(tmp_path_factory.mktemp("certificates"))


@asynccontextmanager
async def web_server(context: ssl.SSLContext, port: int = 0) -> AsyncIterator[int]:
    async def take(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=context, reuse_address=True)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def webhooks(ours: Ours) -> AsyncIterator[WebhookSender]:
    trust = public_authorities_context(ours.authority.file)
    sender = WebhookSender(request_seconds=5, allow_private=True, trust=trust)
    await sender.start()
    try:
        yield sender
    finally:
        await sender.stop()


@pytest.mark.parametrize("which", ["bad", "misnamed"])
async def test_a_webhook_of_nobody_we_trust_is_untrusted(ours: Ours, which: str) -> None:
    async with web_server(context_of(getattr(ours, which))) as port, webhooks(ours) as sender:
        reply = await sender.send(endpoint(url=f"https://127.0.0.1:{port}/"), ROW, NOW)

    assert reply.failure is DeliveryOutcome.UNTRUSTED


async def test_a_certificate_that_is_renewed_is_taken_without_a_restart(ours: Ours) -> None:
    async with webhooks(ours) as sender:
        async with web_server(context_of(ours.good)) as port:
            there = endpoint(url=f"https://127.0.0.1:{port}/")
            assert (await sender.send(there, ROW, NOW)).status == 200
        async with web_server(context_of(ours.bad), port):
            assert (await sender.send(there, ROW, NOW)).failure is DeliveryOutcome.UNTRUSTED
        async with web_server(context_of(ours.authority.issue("renewed")), port):
            assert (await sender.send(there, ROW, NOW)).status == 200


@pytest.mark.parametrize(
    ("which", "tls", "failure"),
    [
        ("bad", "starttls", DeliveryOutcome.UNTRUSTED),
        ("misnamed", "starttls", DeliveryOutcome.UNTRUSTED),
        ("good", "starttls", None),
        ("bad", "tls", DeliveryOutcome.UNTRUSTED),
    ],
)
async def test_a_mail_server_of_nobody_we_trust_is_untrusted(
    ours: Ours, which: str, tls: str, failure: DeliveryOutcome | None
) -> None:
    context = context_of(getattr(ours, which))
    box = Mailbox(context)
    await box.start()
    with listening(getattr(ours, which)) as wrapped:
        port = wrapped if tls == "tls" else box.port
        settings = box.settings.model_copy(update={"tls": tls, "port": port})
        mailer = Mailer(
            settings, request_seconds=5, trust=public_authorities_context(ours.authority.file)
        )
        reply = await mailer.send(MAIL)
        await mailer.stop()
    await box.stop()

    assert reply.failure is failure


async def test_a_gateway_of_nobody_we_trust_is_untrusted(ours: Ours) -> None:
    async with web_server(context_of(ours.bad)) as port:
        settings = SmsSettings(url=SecretStr(f"https://127.0.0.1:{port}/"), body="{text} {to}")
        trust = public_authorities_context(ours.authority.file)
        gateway = SmsGateway(settings, request_seconds=5, trust=trust)
        await gateway.start()
        reply = await gateway.send(Sms(to="+628123456789", text="Isi.", message_id="1"))
        await gateway.stop()

    assert reply.failure is DeliveryOutcome.UNTRUSTED


def test_the_doctor_says_what_is_to_be_done() -> None:
    lanes = [{"_id": "reporter-email", "agency": "", "state": "failing", "reason": "untrusted"}]

    (found,) = judge_endpoints(replace(WELL, lanes=lanes))

    assert found.value.endswith("untrusted")
    assert WAY_OUT in found.do

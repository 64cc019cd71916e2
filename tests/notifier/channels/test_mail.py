"""The mailer against a mail server on the loopback."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from email import message_from_bytes

import pytest
from pydantic import ValidationError

from services.notifier.channels.mail import Mail, Mailer, composed
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.settings import SmtpSettings
from tests.notifier.mailbox import SENDER, Mailbox

MAIL = Mail(
    to="siti@warga.example",
    subject="Laporan 123 — diterima",
    text="Terima kasih.\n.\nJalan “utama” — é\n",
    message_id="1b4e28ba-2fa1-11d2-883f-0016d3cca427:reporter-email",
)


@pytest.fixture
async def mailer(mailbox: Mailbox) -> AsyncIterator[Mailer]:
    made = Mailer(mailbox.settings, request_seconds=1)
    await made.start()
    yield made
    await made.stop()


async def test_a_message_arrives_with_every_letter(mailbox: Mailbox, mailer: Mailer) -> None:
    reply = await mailer.send(MAIL)

    assert reply.status == 200
    (letter,) = mailbox.letters
    assert letter.text == MAIL.text
    assert letter.sender == "no-reply@salur.example"
    assert letter.to == ("siti@warga.example",)
    assert letter.message["subject"] == MAIL.subject
    assert letter.message["from"] == SENDER
    assert letter.message["auto-submitted"] == "auto-generated"
    assert letter.message["message-id"].strip() == (
        "<1b4e28ba-2fa1-11d2-883f-0016d3cca427-reporter-email@salur.example>"
    )


async def test_one_connection_serves_many_messages(mailbox: Mailbox, mailer: Mailer) -> None:
    for _ in range(3):
        assert (await mailer.send(MAIL)).status == 200

    assert (len(mailbox.letters), mailbox.connections) == (3, 1)


async def test_a_connection_closed_while_idle_is_made_anew(
    mailbox: Mailbox, mailer: Mailer
) -> None:
    await mailer.send(MAIL)
    mailbox.disconnect()

    assert (await mailer.send(MAIL)).status == 200
    assert (len(mailbox.letters), mailbox.connections) == (2, 2)


async def test_a_message_given_up_while_its_connection_is_tried_closes_that(
    mailbox: Mailbox, mailer: Mailer
) -> None:
    await mailer.send(MAIL)
    (kept,) = mailer._kept
    mailbox.idles = asyncio.Event()
    letter = asyncio.create_task(mailer.send(MAIL))
    await asyncio.wait_for(mailbox.idles.wait(), 1)

    letter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await letter

    assert not kept.is_connected
    assert mailer._kept == []


async def test_a_refused_address_rejects_that_message_alone(
    mailbox: Mailbox, mailer: Mailer
) -> None:
    mailbox.refusal = lambda address: "550 no such user" if "siti" in address else None

    assert (await mailer.send(MAIL)).status == 422
    assert (await mailer.send(replace(MAIL, to="budi@warga.example"))).status == 200


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("450 mailbox busy", DeliveryOutcome.DEFERRED),
        ("451 greylisted, come again", DeliveryOutcome.DEFERRED),
        ("452 mailbox full", DeliveryOutcome.DEFERRED),
        ("421 closing", DeliveryOutcome.THROTTLED),
    ],
)
async def test_what_an_address_cannot_take_now_is_not_the_servers_trouble(
    mailbox: Mailbox, mailer: Mailer, *, answer: str, outcome: DeliveryOutcome
) -> None:
    mailbox.refusal = lambda address: answer if "siti" in address else None

    assert (await mailer.send(MAIL)).failure is outcome
    assert (await mailer.send(replace(MAIL, to="budi@warga.example"))).status == 200


async def test_connections_are_bounded_over_all_who_write(
    mailbox: Mailbox, eventually: Callable[..., Awaitable[None]]
) -> None:
    settings = mailbox.settings.model_copy(update={"connections": 2})
    mailer, mailbox.hangs = Mailer(settings, request_seconds=5), True
    letters = [asyncio.create_task(mailer.send(MAIL)) for _ in range(10)]
    await eventually(lambda: mailbox.hanging >= 2, "two letters in hand")
    assert mailbox.connections == 2

    mailbox.hangs = False
    replies = await asyncio.gather(*letters)
    await mailer.stop()

    assert [reply.status for reply in replies] == [200] * 10
    assert mailbox.connections == 2


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("554 not this text", (422, None)), ("452 disk full", (None, DeliveryOutcome.THROTTLED))],
)
async def test_a_refused_text_is_judged_by_its_code(
    mailbox: Mailbox,
    mailer: Mailer,
    answer: str,
    outcome: tuple[int | None, DeliveryOutcome | None],
) -> None:
    mailbox.answer = answer

    reply = await mailer.send(MAIL)

    assert (reply.status, reply.failure) == outcome


async def test_a_server_that_is_away_is_unreachable_until_it_is_back(
    mailbox: Mailbox, mailer: Mailer
) -> None:
    await mailbox.stop()
    assert (await mailer.send(MAIL)).failure is DeliveryOutcome.UNREACHABLE

    await mailbox.start()
    assert (await mailer.send(MAIL)).status == 200


async def test_a_server_that_hangs_is_given_up_in_time(mailbox: Mailbox) -> None:
    mailbox.hangs = True
    mailer = Mailer(mailbox.settings, request_seconds=0.2)

    reply = await mailer.send(MAIL)
    mailbox.hangs = False

    assert reply.failure is DeliveryOutcome.TIMED_OUT
    assert 0.15 < reply.seconds < 1


async def test_a_password_that_nobody_asks_for_is_a_wrong_setting(mailbox: Mailbox) -> None:
    settings = mailbox.settings.model_copy(update={"username": "salur"})

    reply = await Mailer(settings, request_seconds=1).send(MAIL)

    assert reply.failure is DeliveryOutcome.UNUSABLE


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_without_the_tls_that_is_asked_for_gets_nothing(
    mailbox: Mailbox, tls: str
) -> None:
    settings = mailbox.settings.model_copy(update={"tls": tls})

    reply = await Mailer(settings, request_seconds=1).send(MAIL)

    assert reply.status is None
    assert mailbox.letters == []


async def test_without_a_host_nothing_is_sent() -> None:
    reply = await Mailer(SmtpSettings(), request_seconds=1).send(MAIL)

    assert reply.failure is DeliveryOutcome.UNREACHABLE


@pytest.mark.parametrize(
    "to",
    [
        "siti@warga.example\r\nBcc: other@warga.example",
        "siti@warga.example, other@warga.example",
        "Siti <siti@warga.example>",
        "siti",
        "@warga.example",
        "",
        "sití@warga.example",
        "siti@warga.example\x00",
    ],
)
async def test_what_is_no_plain_address_is_refused_unsent(
    mailbox: Mailbox, mailer: Mailer, to: str
) -> None:
    reply = await mailer.send(replace(MAIL, to=to))

    assert reply.status == 422
    assert mailbox.letters == []


def test_one_click_ends_the_messages_and_its_link_stands_on_one_line() -> None:
    link = f"https://lapor.example.go.id/v1/notifications/{'Ab0_' * 18}"

    message = message_from_bytes(composed(replace(MAIL, unsubscribe=link), SENDER))

    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Subject"]
    assert "List-Unsubscribe" not in message_from_bytes(composed(MAIL, SENDER))


@pytest.mark.parametrize("line", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_no_field_of_a_message_adds_a_header(line: str) -> None:
    evil = f"x{line}Bcc: other@warga.example"

    wire = composed(replace(MAIL, subject=evil, message_id=evil), SENDER).decode()

    headers = wire.partition("\r\n\r\n")[0].split("\r\n")
    assert not [header for header in headers if header.lower().startswith("bcc")]
    assert "\n" not in "".join(headers)


async def test_neither_address_nor_text_is_in_logs_or_in_what_prints(
    mailbox: Mailbox, mailer: Mailer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox.refusal = lambda address: f"550 no such user {address}"

    await mailer.send(MAIL)
    await mailbox.stop()
    await mailer.send(MAIL)

    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("mail.")]
    assert "siti" not in " ".join([*ours, repr(MAIL)])
    assert "Terima" not in " ".join([*ours, repr(MAIL)])


@pytest.mark.parametrize("sender", ["", "Salur", "a@b\r\nBcc: c@d"])
def test_a_mail_server_needs_a_sender(sender: str) -> None:
    with pytest.raises(ValidationError, match="NOTIFIER_SMTP__SENDER"):
        SmtpSettings(host="mail.example", sender=sender)

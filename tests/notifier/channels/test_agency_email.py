"""E-mails to institutions: what happened and what to do, and nothing that mail must not carry."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from services.notifier.channels.agency_email import AgencyEmailSender
from services.notifier.channels.mail import Mail, Mailer
from services.notifier.channels.webhook import Senders
from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome
from services.notifier.domain.messages.agency_wording import WORDS, agency_email
from services.notifier.domain.messages.event_summary import TEST, ComplaintSummary, EventSummary
from services.notifier.settings import SmtpSettings
from shared.contracts.case import Refusal, Status
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import AgencyOutcome
from shared.contracts.subscriptions import EndpointKind
from shared.runtime.clock import SetClock
from tests.notifier.events import KAB, ROW, agency_event, endpoint
from tests.notifier.mailbox import Mailbox
from tests.notifier.memory import MemoryStore
from tests.notifier.process import Notifier, fast_settings
from tests.support.builders import START

Eventually = Callable[..., Awaitable[None]]
EMAIL = endpoint(kind=EndpointKind.EMAIL, url="", address="aduan@kab.example", secrets=[])
COMPLAINT = ComplaintSummary(title="Jalan rusak", text="Berlubang sejak hujan.")
NEW = EventSummary(
    agency=KAB,
    number="7F3K",
    outcome="routed",
    status=Status.ROUTED,
    unit="Dinas PU",
    at=START,
    complaint=COMPLAINT,
)


class FakeMailer(Mailer):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(SmtpSettings(), request_seconds=1)
        self.mails: list[Mail] = []
        self.reply = ChannelReply(200)

    async def send(self, mail: Mail) -> ChannelReply:
        self.mails.append(mail)
        return self.reply


@pytest.mark.parametrize("outcome", [*AgencyOutcome, TEST])
def test_every_event_has_words_in_both_languages(outcome: str) -> None:
    words = WORDS[outcome]
    found = agency_email(EventSummary(outcome=outcome, number="7F3K"))

    assert found.subject == f"[Salur] {words.happened} 7F3K"
    assert words.to_do in found.text
    assert words.to_do_english in found.text


def test_a_routed_report_is_told_with_its_number_status_unit_and_words() -> None:
    text = agency_email(NEW).text

    for said in ("Nomor laporan: 7F3K", "Terdisposisi Belum Ditindaklanjuti", "Unit: Dinas PU"):
        assert said in text
    assert "Jalan rusak\nBerlubang sejak hujan." in text


def test_the_subject_holds_no_words_of_a_citizen() -> None:
    assert "Jalan" not in agency_email(NEW).subject


def test_a_secret_report_is_told_by_its_number_alone() -> None:
    secret = NEW.model_copy(update={"complaint": COMPLAINT.model_copy(update={"secret": True})})

    text = agency_email(secret).text

    assert "7F3K" in text
    assert "Jalan" not in text
    assert "Berlubang" not in text


def test_a_report_without_words_leaves_no_gap() -> None:
    blank = NEW.model_copy(update={"complaint": ComplaintSummary()})

    assert "\n\n\n" not in agency_email(blank).text


def test_words_of_later_events_are_not_quoted() -> None:
    reply = EventSummary(outcome="replied", number="7F3K", text="Belum selesai, kata Budi.")

    assert "Budi" not in agency_email(reply).text


def test_a_deadline_is_told_by_the_clock_of_western_indonesia() -> None:
    due = START.replace(month=1, day=6, hour=20, minute=30)
    deadline = Deadline(clock=LegalClock.RESOLVE, level=Level.WARNING, due=due, armed_by=1)
    warned = EventSummary(outcome="warned", number="7F3K", deadline=deadline)
    below = EventSummary(outcome="escalated_below", number="7F3K", late="kab-3603", due=due)

    routed = EventSummary(outcome="routed", number="7F3K", due=due)

    assert f"Batas waktu: 07-01-{due.year} 03.30 WIB" in agency_email(routed).text
    assert f"Batas waktu: 07-01-{due.year} 03.30 WIB" in agency_email(warned).text
    assert "Instansi yang terlambat: kab-3603" in agency_email(below).text
    assert f"Deadline: 07-01-{due.year} 03.30 WIB" in agency_email(below).text


def test_a_refusal_is_told_by_its_code() -> None:
    refusal = Refusal(code="already_completed", detail="words that may quote an officer")

    text = agency_email(EventSummary(outcome="refused", number="7F3K", refusal=refusal)).text

    assert "already_completed" in text
    assert "quote" not in text


def test_an_event_that_nobody_knows_yet_is_told_all_the_same() -> None:
    assert "7F3K" in agency_email(EventSummary(outcome="frobnicated", number="7F3K")).subject


async def test_a_row_goes_to_its_endpoints_address_under_a_stable_id() -> None:
    mailer = FakeMailer()
    body = f'{{"type":"t","timestamp":"x","data":{NEW.model_dump_json(exclude_none=True)}}}'
    row = replace(ROW, body=body)

    replies = [await AgencyEmailSender(mailer).send(EMAIL, row, START) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    first, second = mailer.mails
    assert first == second
    assert (first.to, first.message_id) == ("aduan@kab.example", ROW.delivery_id)
    assert first.subject == agency_email(NEW).subject


async def test_a_mail_server_in_trouble_is_the_endpoints_trouble() -> None:
    mailer = FakeMailer()
    mailer.reply = ChannelReply(failure=DeliveryOutcome.UNREACHABLE)

    assert (
        await AgencyEmailSender(mailer).send(EMAIL, ROW, START)
    ).failure is DeliveryOutcome.UNREACHABLE


async def test_a_mailbox_that_is_full_is_the_endpoints_trouble() -> None:
    mailer = FakeMailer()
    mailer.reply = ChannelReply(failure=DeliveryOutcome.DEFERRED)

    assert (
        await AgencyEmailSender(mailer).send(EMAIL, ROW, START)
    ).failure is DeliveryOutcome.THROTTLED


@pytest.fixture
async def notifier(
    memory: MemoryStore, mailbox: Mailbox, clock: SetClock
) -> AsyncIterator[Notifier]:
    """Return a notifier whose institution is told by e-mail."""
    memory.known[KAB] = (EMAIL,)
    mailer = Mailer(mailbox.settings, request_seconds=2)
    senders = Senders({EndpointKind.EMAIL: AgencyEmailSender(mailer)}, {})
    async with Notifier(memory, senders, clock, fast_settings()) as notifier:
        notifier.hold(KAB)
        yield notifier
    await mailer.stop()


async def test_an_institution_is_told_by_e_mail(
    notifier: Notifier, memory: MemoryStore, *, mailbox: Mailbox, eventually: Eventually
) -> None:
    event = agency_event()
    await notifier.read(event)
    await eventually(lambda: memory.states() == ["delivered"], "it is sent")

    (sent,) = mailbox.of("aduan@kab.example")
    assert event.number in str(sent.message["subject"])
    assert "berlubang — sejak hujan." in sent.text


async def test_an_address_that_is_refused_rejects_that_mail_alone(
    notifier: Notifier, memory: MemoryStore, *, mailbox: Mailbox, eventually: Eventually
) -> None:
    mailbox.refusal = lambda _: "550 nobody here"
    await notifier.read(agency_event("one"))
    await eventually(lambda: memory.states() == ["rejected"], "it is refused")
    mailbox.refusal = lambda _: None

    await notifier.read(agency_event("two"), first=1)
    await eventually(lambda: memory.states() == ["rejected", "delivered"], "the next one goes")

"""The words that reporters get, whole."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.messages.reporter_update import ReporterUpdate
from services.notifier.domain.messages.reporter_wording import (
    MOST_SMS,
    MessageFacts,
    email_of,
    sms_of,
)
from services.notifier.domain.messages.update_rules import UpdateKind
from shared.contracts.case import ArchiveReason
from shared.contracts.identifiers import tracking_code
from tests.notifier.telling import QUESTION
from tests.support.builders import complaint_id

NUMBER = "0123456789ABCDEF"
CODE = tracking_code(b"k" * 32, complaint_id("one"))
NAME = "Pemerintah Kabupaten Tangerang"
PAGE = "https://lapor.example"


def news(kind: UpdateKind, **facts: object) -> ReporterUpdate:
    return ReporterUpdate.model_validate({"kind": kind, "number": NUMBER} | facts)


def test_the_first_letter_holds_the_code_in_both_languages() -> None:
    letter = email_of(
        news(UpdateKind.RECEIVED, questions=[QUESTION]), MessageFacts(NAME, CODE, PAGE)
    )

    assert letter.subject == f"Laporan {NUMBER}: diterima / received"
    assert letter.text == (
        f"Laporan {NUMBER}\n"
        "Laporan Anda telah kami terima.\n"
        f"Instansi: {NAME}\n"
        "- Di mana tepatnya?\n"
        f"Kode pelacakan: {CODE}. Simpan dan jangan berikan kepada siapa pun.\n\n"
        "— English —\n\n"
        f"Report {NUMBER}\n"
        "Your report has been received.\n"
        f"Institution: {NAME}\n"
        "- Where exactly?\n"
        f"Tracking code: {CODE}. Keep it, and give it to nobody.\n\n"
        "--\n\n"
        "Lacak, tanggapi, atau berhenti menerima pesan, dengan nomor laporan dan kode pelacakan"
        " / track, reply, or stop these messages, with the report's number and the tracking"
        f" code: {PAGE}\n"
    )


def test_without_the_code_a_letter_says_where_it_stands() -> None:
    text = email_of(news(UpdateKind.RECEIVED), MessageFacts()).text

    assert "Kode pelacakan Anda tertera pada tanda terima" in text
    assert "Your tracking code stands on the receipt" in text
    assert "kanal tempat Anda melapor" in text


def test_an_answer_is_quoted_once_and_line_by_line() -> None:
    text = email_of(
        news(UpdateKind.COMPLETED, text="Sudah.\nTerima kasih."), MessageFacts(NAME)
    ).text

    assert text.count("> Sudah.\n> Terima kasih.\n") == 1


def test_a_closed_report_says_why() -> None:
    text = email_of(news(UpdateKind.CLOSED, reason=ArchiveReason.TOO_GENERAL), MessageFacts()).text

    assert "Alasan: masukan terlalu umum" in text
    assert "Reason: it is too general" in text


def test_every_kind_and_reason_has_words_in_both_languages() -> None:
    for kind in UpdateKind:
        for reason in ArchiveReason:
            text = email_of(news(kind, reason=reason), MessageFacts(NAME)).text
            assert text.count(NUMBER) == 2
            assert len(text.split("— English —")) == 2


def test_an_sms_says_it_all_in_one_line() -> None:
    assert sms_of(news(UpdateKind.RECEIVED), MessageFacts(NAME, CODE, PAGE)) == (
        f"Laporan {NUMBER} diterima/received. Kode/code: {CODE}"
        f" Pemerintah Kabupaten Tangerang Info/stop: {PAGE}"
    )
    assert sms_of(news(UpdateKind.ROUTED), MessageFacts(NAME)) == (
        f"Laporan {NUMBER} diteruskan ke/sent to: {NAME} Info/stop: kanal lapor Anda/your channel"
    )


@given(
    kind=st.sampled_from(UpdateKind),
    name=st.text(max_size=200) | st.none(),
    has_code=st.booleans(),
    page=st.sampled_from(["", PAGE, "https://" + "x" * 42]),
    identifier=st.uuids(),
)
def test_an_sms_is_160_letters_of_ascii_whatever_the_name(  # noqa: PLR0917
    kind: UpdateKind, name: str | None, has_code: bool, page: str, identifier: object
) -> None:
    is_first = kind is UpdateKind.RECEIVED and has_code
    code = tracking_code(b"k" * 32, complaint_id(str(identifier))) if is_first else None

    text = sms_of(news(kind, text="Jawaban rahasia."), MessageFacts(name, code, page))

    assert text.isascii()
    assert text.isprintable()
    assert len(text) + text.count("~") <= MOST_SMS
    assert code is None or f" {code}" in text
    assert text.startswith(f"Laporan {NUMBER} ")
    assert "rahasia" not in text


def test_a_long_name_is_cut_and_an_accent_dropped() -> None:
    text = sms_of(news(UpdateKind.ROUTED), MessageFacts("Dinas Pekerjaán Umum " * 10, None, PAGE))

    assert len(text) <= MOST_SMS
    assert "Dinas Pekerjaan Umum" in text
    assert f"... Info/stop: {PAGE}" in text

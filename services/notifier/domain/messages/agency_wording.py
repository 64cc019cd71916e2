"""The words of an institution's e-mail: what happened, what to do, by when; who reported, never.

Indonesian first, English after it. Of a secret report only the number is told: mail is read by
more eyes than the case. Nor are words of later events quoted, since those do not say whether the
report is secret.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from services.notifier.domain.messages.event_summary import TEST, EventSummary
from shared.contracts.case import STATUS_WORDS, Status
from shared.contracts.events import AgencyOutcome

WIB = timezone(timedelta(hours=7), "WIB")


@dataclass(frozen=True, slots=True)
class AgencyEmail:
    """Subject and text of one e-mail."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class AgencyWording:
    """What happened and what to do about it, in both languages."""

    happened: str
    to_do: str
    happened_english: str
    to_do_english: str


_NOTHING = ("Tidak ada yang perlu dilakukan.", "There is nothing to do.")
WORDS: Mapping[str, AgencyWording] = {
    TEST: AgencyWording(
        "Pesan percobaan dari Salur",
        "Alamat ini menerima pemberitahuan. " + _NOTHING[0],
        "Test message from Salur",
        "This address is told of events. " + _NOTHING[1],
    ),
    AgencyOutcome.ROUTED: AgencyWording(
        "Laporan baru untuk instansi Anda",
        "Tindak lanjuti laporan ini, atau alihkan bila bukan wewenang Anda.",
        "A new report for your institution",
        "Follow it up, or transfer it if it is not yours.",
    ),
    AgencyOutcome.RETURNED: AgencyWording(
        "Laporan dikembalikan kepada pelapor untuk dilengkapi",
        "Tunggu keterangan pelapor; batas waktu berhenti sampai saat itu.",
        "The report went back to the reporter to be completed",
        "Wait for the reporter; the clocks stand still until then.",
    ),
    AgencyOutcome.SUPPLEMENTED: AgencyWording(
        "Pelapor melengkapi laporan",
        "Baca keterangan tambahan dan lanjutkan penanganan.",
        "The reporter has added to the report",
        "Read what was added and go on.",
    ),
    AgencyOutcome.FOLLOWED_UP: AgencyWording(
        "Tindak lanjut tercatat",
        "Nyatakan laporan selesai setelah tuntas ditangani.",
        "A follow-up was recorded",
        "Complete the report once it is settled.",
    ),
    AgencyOutcome.COMPLETED: AgencyWording(
        "Laporan dinyatakan selesai", _NOTHING[0], "The report was completed", _NOTHING[1]
    ),
    AgencyOutcome.ASSIGNED: AgencyWording(
        "Unit atau kategori laporan berubah",
        "Periksa unit mana yang kini menangani laporan ini.",
        "The report's unit or category has changed",
        "See which unit has it now.",
    ),
    AgencyOutcome.REPLIED: AgencyWording(
        "Pelapor menanggapi laporan",
        "Baca tanggapannya dan jawab.",
        "The reporter has replied",
        "Read the reply and answer it.",
    ),
    AgencyOutcome.REOPENED: AgencyWording(
        "Pelapor membuka kembali laporan",
        "Tindak lanjuti lagi; jawaban sebelumnya belum menyelesaikannya.",
        "The reporter has reopened the report",
        "Follow it up again; the answer did not settle it.",
    ),
    AgencyOutcome.RATED: AgencyWording(
        "Pelapor memberi penilaian", _NOTHING[0], "The reporter has rated the answer", _NOTHING[1]
    ),
    AgencyOutcome.ARCHIVED: AgencyWording(
        "Laporan diarsipkan tanpa tindak lanjut",
        _NOTHING[0],
        "The report was archived without follow-up",
        _NOTHING[1],
    ),
    AgencyOutcome.TRANSFERRED_AWAY: AgencyWording(
        "Laporan dialihkan ke instansi lain",
        "Instansi Anda tidak lagi menangani laporan ini.",
        "The report was transferred to another institution",
        "It is not yours any more.",
    ),
    AgencyOutcome.REFUSED: AgencyWording(
        "Tindakan Anda ditolak",
        "Perbaiki tindakan sesuai alasannya, lalu kirim lagi.",
        "Your action was refused",
        "Mend it as the reason says, and send it again.",
    ),
    AgencyOutcome.WARNED: AgencyWording(
        "Batas waktu laporan sudah dekat",
        "Tindak lanjuti sebelum batas waktu.",
        "A deadline of the report comes near",
        "Act before it passes.",
    ),
    AgencyOutcome.ESCALATED: AgencyWording(
        "Batas waktu laporan telah lewat",
        "Tindak lanjuti segera.",
        "A deadline of the report has passed",
        "Act at once.",
    ),
    AgencyOutcome.AUTO_CLOSED: AgencyWording(
        "Laporan ditutup karena pelapor tidak menanggapi",
        _NOTHING[0],
        "The report closed because the reporter did not reply",
        _NOTHING[1],
    ),
    AgencyOutcome.ESCALATED_BELOW: AgencyWording(
        "Laporan yang Anda awasi melewati batas waktu",
        "Ingatkan instansi yang terlambat; tanpa nama instansi, laporan menunggu disposisi.",
        "A report that you supervise has passed a deadline",
        "Remind the institution that is late; where none is named, nobody has the report yet.",
    ),
    AgencyOutcome.ERASED: AgencyWording(
        "Isi laporan dihapus menurut UU Pelindungan Data Pribadi",
        "Hapus salinan laporan ini di sistem Anda.",
        "The report's text was erased under the law on personal data",
        "Delete your copies of it.",
    ),
}
_OTHER = AgencyWording(
    "Ada perubahan pada laporan",
    "Lihat laporan ini di sistem Anda.",
    "The report has changed",
    "See the report in your system.",
)
# In English; the Indonesian words are those of SP4N-LAPOR!.
_ENGLISH = {
    Status.UNVERIFIED: "not verified yet",
    Status.ROUTED: "routed, no follow-up yet",
    Status.IN_PROGRESS: "in progress",
    Status.COMPLETED: "completed",
    Status.POSTPONED: "postponed",
    Status.ARCHIVED: "archived",
}


def agency_email(event: EventSummary) -> AgencyEmail:
    """Return the e-mail that tells an institution of an event."""
    words = WORDS.get(event.outcome, _OTHER)
    number = f" {event.number}" if event.number else ""
    parts = (_indonesian(event, words), _report(event), _english(event, words))
    paragraphs = ("\n".join(part) for part in parts)
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return AgencyEmail(f"[Salur] {words.happened}{number}", f"{text}\n")


def _indonesian(event: EventSummary, words: AgencyWording) -> Iterator[str]:
    yield f"{words.happened}."
    if event.number:
        yield f"Nomor laporan: {event.number}"
    if event.status:
        yield f"Status: {STATUS_WORDS[event.status]}"
    if event.unit:
        yield f"Unit: {event.unit}"
    if event.late:
        yield f"Instansi yang terlambat: {event.late}"
    if event.refusal:
        yield f"Alasan penolakan: {event.refusal.code}"
    if event.limit:
        yield f"Batas waktu: {_clock(event.limit)}"
    yield words.to_do


def _report(event: EventSummary) -> Iterator[str]:
    if event.complaint is None:
        return
    if event.complaint.secret:
        yield "(Laporan rahasia: isinya tidak dikirim lewat surel.)"
        return
    yield from (said for said in (event.title, event.words) if said)  # an erasure leaves none


def _english(event: EventSummary, words: AgencyWording) -> Iterator[str]:
    yield f"In English: {words.happened_english}. {words.to_do_english}"
    if event.status:
        yield f"Status: {_ENGLISH[event.status]}"
    if event.refusal:
        yield f"Reason: {event.refusal.code}"
    if event.limit:
        yield f"Deadline: {_clock(event.limit)}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(WIB):%d-%m-%Y %H.%M} WIB"

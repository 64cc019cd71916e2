"""The words that reporters get, in Indonesian and in English, by e-mail and by SMS.

What the reporter wrote is never quoted: a message may be read by whoever holds the phone. The
words of whoever acted stand in e-mail alone, and as theirs.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from services.notifier.domain.messages.reporter_update import ReporterUpdate
from services.notifier.domain.messages.update_rules import UpdateKind
from shared.contracts.case import ActorKind, ArchiveReason, InputKind

MOST_SMS = 160  # one message in the alphabet of GSM
NO_PAGE_SMS = "kanal lapor Anda/your channel"
_ELLIPSIS = "..."
# Letters of ASCII that take two places in an SMS, or have none; what stands in their place.
_EXTENDED = "[]{}\\^~|`"
_INSTEAD = str.maketrans(_EXTENDED, "()()/--/'")


class ReporterEmail(NamedTuple):
    """An e-mail's words."""

    subject: str
    text: str


class MessageFacts(NamedTuple):
    """What a message holds beside its news."""

    institution: str | None = None  # its name
    code: str | None = None  # of the first message alone
    page: str = ""  # where a report is tracked and messages are ended
    link: str = ""  # by which this contact ends all messages; for e-mail alone


class _Words(NamedTuple):
    indonesian: str
    english: str


_TITLES: Mapping[UpdateKind, _Words] = {
    UpdateKind.RECEIVED: _Words("diterima", "received"),
    UpdateKind.ROUTED: _Words("diteruskan", "sent on"),
    UpdateKind.RETURNED: _Words("perlu dilengkapi", "more is needed"),
    UpdateKind.FOLLOWED_UP: _Words("ditindaklanjuti", "followed up"),
    UpdateKind.COMPLETED: _Words("dijawab", "answered"),
    UpdateKind.CLOSING_SOON: _Words("akan ditutup", "closing soon"),
    UpdateKind.CLOSED: _Words("ditutup", "closed"),
    UpdateKind.ARCHIVED: _Words("diarsipkan", "archived"),
    UpdateKind.REOPENED: _Words("dibuka kembali", "reopened"),
}
_SENTENCES: Mapping[UpdateKind, _Words] = {
    UpdateKind.RECEIVED: _Words(
        "Laporan Anda telah kami terima.", "Your report has been received."
    ),
    UpdateKind.ROUTED: _Words("Laporan Anda telah diteruskan.", "Your report has been sent on."),
    UpdateKind.RETURNED: _Words("Laporan Anda belum lengkap.", "Your report is incomplete."),
    UpdateKind.FOLLOWED_UP: _Words(
        "Laporan Anda sedang ditindaklanjuti.", "Your report is being followed up."
    ),
    UpdateKind.COMPLETED: _Words("Laporan Anda telah dijawab.", "Your report has been answered."),
    UpdateKind.CLOSING_SOON: _Words(
        "Laporan Anda akan ditutup dalam beberapa hari kerja.",
        "Your report will be closed within a few working days.",
    ),
    UpdateKind.CLOSED: _Words("Laporan Anda telah ditutup.", "Your report has been closed."),
    UpdateKind.ARCHIVED: _Words(
        "Laporan Anda diarsipkan tanpa jawaban.", "Your report has been archived without an answer."
    ),
    UpdateKind.REOPENED: _Words(
        "Laporan Anda telah dibuka kembali.", "Your report has been reopened."
    ),
}
_OFFERS: Mapping[tuple[UpdateKind, InputKind], _Words] = {
    (UpdateKind.RETURNED, InputKind.SUPPLEMENT): _Words(
        "Mohon lengkapi agar dapat diproses.",
        "Please add what is missing, so that it can be handled.",
    ),
    (UpdateKind.COMPLETED, InputKind.REOPEN): _Words(
        "Bila belum selesai, Anda dapat membukanya kembali.",
        "If that does not settle it, you can reopen it.",
    ),
    (UpdateKind.CLOSING_SOON, InputKind.REPLY): _Words(
        "Tanggapan dari Anda mencegahnya.", "A reply from you prevents that."
    ),
    (UpdateKind.CLOSING_SOON, InputKind.SUPPLEMENT): _Words(
        "Bila Anda melengkapinya, laporan tidak ditutup.",
        "If you add what is missing, it stays open.",
    ),
    (UpdateKind.CLOSED, InputKind.REOPEN): _Words(
        "Anda dapat membukanya kembali.", "You can reopen it."
    ),
}
# Of what might have been offered and is not.
_ELSE: Mapping[UpdateKind, _Words] = {
    UpdateKind.RETURNED: _Words(
        "Kini hanya petugas yang dapat melengkapinya.", "Only an officer can add to it by now."
    ),
    **dict.fromkeys(
        (UpdateKind.COMPLETED, UpdateKind.CLOSED, UpdateKind.ARCHIVED),
        _Words(
            "Kini hanya petugas yang dapat membukanya kembali.",
            "Only an officer can reopen it by now.",
        ),
    ),
}
_VOICES: Mapping[ActorKind | None, str] = {
    ActorKind.AGENCY: "Jawaban instansi / The institution's words:",
    ActorKind.OFFICER: "Keterangan petugas / The officer's words:",
    ActorKind.OPERATOR: "Keterangan operator / The operator's words:",
}
_SOMEBODY = "Keterangan / What was written:"
_REASONS: Mapping[ArchiveReason, _Words] = {
    ArchiveReason.NOT_PUBLIC_SERVICE: _Words(
        "bukan tentang pelayanan publik", "it is not about a public service"
    ),
    ArchiveReason.UNINTELLIGIBLE: _Words("tidak dapat dipahami", "it could not be understood"),
    ArchiveReason.TOO_GENERAL: _Words("masukan terlalu umum", "it is too general"),
    ArchiveReason.REFERRED: _Words(
        "wewenang lembaga di luar sistem ini", "it is for a body outside this system"
    ),
    ArchiveReason.SPAM: _Words("dinilai sebagai spam", "it was taken for spam"),
    ArchiveReason.DUPLICATE: _Words(
        "sama dengan laporan Anda yang lain", "it is the same as another report of yours"
    ),
    ArchiveReason.TEST: _Words("laporan uji coba", "it was a test"),
    ArchiveReason.WITHDRAWN: _Words("dicabut oleh pelapor", "it was withdrawn by its reporter"),
}
# What stands after the number; what follows the last of these words may be cut.
_SMS: Mapping[UpdateKind, str] = {
    UpdateKind.RECEIVED: "diterima/received.",
    UpdateKind.ROUTED: "diteruskan ke/sent to:",
    UpdateKind.RETURNED: "belum lengkap/is incomplete.",
    UpdateKind.FOLLOWED_UP: "ditindaklanjuti/followed up:",
    UpdateKind.COMPLETED: "dijawab/answered:",
    UpdateKind.CLOSING_SOON: "segera ditutup/closes soon.",
    UpdateKind.CLOSED: "ditutup/closed.",
    UpdateKind.ARCHIVED: "diarsipkan/archived.",
    UpdateKind.REOPENED: "dibuka lagi/reopened:",
}


def email_of(news: ReporterUpdate, facts: MessageFacts) -> ReporterEmail:
    """Return an e-mail's words: Indonesian, English, and how to end the messages."""
    title = _TITLES[news.kind]
    parts = (
        _part(news, facts, "Laporan", english=False),
        "— English —",
        _part(news, facts, "Report", english=True),
        "--",
        _ending(facts.page),
        *_link(facts.link),
    )
    subject = f"Laporan {news.number}: {title.indonesian} / {title.english}"
    return ReporterEmail(subject, "\n\n".join(parts) + "\n")


def sms_of(news: ReporterUpdate, facts: MessageFacts) -> str:
    """Return an SMS of at most 160 letters of ASCII; the institution's name is cut first."""
    head = f"Laporan {news.number} {_SMS[news.kind]}"
    if facts.code is not None:
        head += f" Kode/code: {facts.code}"
    end = f" Info/stop: {facts.page or NO_PAGE_SMS}"
    room = MOST_SMS - len(f"{head} {end}") - sum(letter in _EXTENDED for letter in head + end)
    name = _cut(_plain(facts.institution or ""), room)
    return f"{head} {name}{end}" if name else f"{head}{end}"


def _part(news: ReporterUpdate, facts: MessageFacts, report: str, *, english: bool) -> str:
    def chosen(words: _Words) -> str:
        return words.english if english else words.indonesian

    sentences = " ".join(chosen(words) for words in _sentences(news))
    lines = [f"{report} {news.number}", sentences]
    if facts.institution:
        lines.append(f"{chosen(_Words('Instansi', 'Institution'))}: {facts.institution}")
    if news.reason is not None:
        lines.append(f"{chosen(_Words('Alasan', 'Reason'))}: {chosen(_REASONS[news.reason])}")
    lines += [f"- {q.text_en if english else q.text}" for q in news.questions]
    if news.kind is UpdateKind.RECEIVED:
        lines.append(chosen(_about_code(facts.code)))
    if news.text and not english:
        lines += [_VOICES.get(news.voice, _SOMEBODY), _quoted(news.text)]
    return "\n".join(lines)


def _sentences(news: ReporterUpdate) -> tuple[_Words, ...]:
    offered = tuple(
        words
        for (kind, offer), words in _OFFERS.items()
        if kind is news.kind and offer in news.offers
    )
    otherwise = () if offered or news.kind not in _ELSE else (_ELSE[news.kind],)
    return (_SENTENCES[news.kind], *offered, *otherwise)


def _about_code(code: str | None) -> _Words:
    if code is None:
        return _Words(
            "Kode pelacakan Anda tertera pada tanda terima saat Anda melapor.",
            "Your tracking code stands on the receipt that you got when you reported.",
        )
    return _Words(
        f"Kode pelacakan: {code}. Simpan dan jangan berikan kepada siapa pun.",
        f"Tracking code: {code}. Keep it, and give it to nobody.",
    )


def _ending(page: str) -> str:
    where = page or "kanal tempat Anda melapor / the channel that you reported through"
    return (
        "Lacak, tanggapi, atau berhenti menerima pesan, dengan nomor laporan dan kode pelacakan"
        " / track, reply, or stop these messages, with the report's number and the tracking"
        f" code: {where}"
    )


def _link(link: str) -> tuple[str, ...]:
    if not link:
        return ()
    return (f"Berhenti menerima semua pesan / stop all messages: {link}",)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _plain(text: str) -> str:
    """Return a text in ASCII, of letters that take one place each."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", letters.translate(_INSTEAD)).strip()


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = text[: max(0, most - len(_ELLIPSIS))].rstrip()
    return f"{head}{_ELLIPSIS}" if len(head) > len(_ELLIPSIS) else ""

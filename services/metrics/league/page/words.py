"""The page's words in Indonesian and English, and how each language writes numbers."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from services.metrics.domain.period import WIB
from services.metrics.league.ratios import Share
from services.metrics.league.request import Lang

_ID = {
    "title": "Peringkat tindak lanjut pengaduan",
    "units_title": "Tindak lanjut menurut unit",
    "back": "Semua instansi",
    "language": "Bahasa",
    "lang": "Bahasa",
    "sort": "Urutan",
    "period": "Periode",
    "period_hint": "2026, 2026H1 (semester), 2026-03, 2026-03-31, atau 2025..2026-06",
    "tier": "Jenis instansi",
    "all": "Semua",
    "kementerian": "Kementerian",
    "lembaga": "Lembaga",
    "bumn": "BUMN",
    "provinsi": "Provinsi",
    "kabupaten": "Kabupaten",
    "kota": "Kota",
    "kabkota": "Kabupaten dan kota",
    "by": "Peringkat menurut",
    "category": "Kategori",
    "show": "Tampilkan",
    "received": "Diterima",
    "status": "Status",
    "unverified": "Belum terverifikasi",
    "routed": "Belum ditindaklanjuti",
    "in_progress": "Diproses",
    "completed": "Selesai",
    "postponed": "Tertunda",
    "archived": "Arsip",
    "rates": "Tingkat",
    "follow_up": "Tindak lanjut",
    "completion": "Penyelesaian",
    "days": "Median (hari)",
    "route_days": "hingga disposisi",
    "follow_up_days": "hingga tindak lanjut",
    "completion_days": "hingga selesai",
    "cases": "Perjalanan laporan",
    "transferred": "Pindah masuk / keluar",
    "returned": "Dikembalikan ke pelapor",
    "overdue": "Lewat tenggat",
    "misrouted": "Salah salur",
    "satisfaction": "Kepuasan (1-5)",
    "trend": "Tren bulanan",
    "trend_of": "{month}: {received} diterima, {completed} selesai",
    "rank": "Peringkat",
    "unranked": "tanpa peringkat",
    "institution": "Instansi",
    "unit": "Unit",
    "triage": "Belum ada instansi (triase)",
    "no_unit": "Belum ada unit",
    "total": "Jumlah",
    "ratings": "{number} penilaian",
    "of": "{numerator} dari {denominator}",
    "nothing": "Tidak ada laporan yang diterima dalam periode ini.",
    "caption": "{what}, laporan yang diterima {first} sampai {last} (WIB)",
    "as_of": "Keadaan per {instant} WIB",
    "download": "Unduh",
    "sorted": "Urutkan menurut {what}",
    "wrong": "Periksa isian berikut",
    "invalid_period": "tulis YYYY, YYYYH1 atau YYYYH2, YYYY-MM, YYYY-MM-DD, atau dua di antaranya "
    "sebagai AWAL..AKHIR; tahun 2000 sampai 2999",
    "no_such_date": "bulan atau tanggal ini tidak ada dalam kalender",
    "empty_period": "AWAL lebih lambat dari AKHIR; tulis yang lebih awal dahulu",
    "not_a_choice": "pilih salah satu dari daftar",
    "invalid_category": "tulis seperti roads, atau roads.street_light untuk bagiannya",
    "away": "Data sedang tidak dapat dibaca. Coba lagi sebentar lagi, atau pilih periode yang "
    "lebih pendek.",
    "how": "Cara menghitung",
    "how_rates": "Tindak lanjut = (diproses + selesai) / (diterima - tertunda - arsip); "
    "penyelesaian = selesai / (diterima - tertunda - arsip). Peringkat: tingkat lebih tinggi, lalu "
    "laporan lebih banyak, lalu kode instansi; tanpa penyebut tidak ada peringkat.",
    "how_where": "Setiap laporan dihitung satu kali, pada instansi yang memegangnya sekarang. "
    "Hari adalah hari kalender sejak laporan diterima.",
}
_EN = {
    "title": "Complaint response league",
    "units_title": "Response by unit",
    "back": "All institutions",
    "language": "Language",
    "lang": "Language",
    "sort": "Order",
    "period": "Period",
    "period_hint": "2026, 2026H1 (half-year), 2026-03, 2026-03-31, or 2025..2026-06",
    "tier": "Kind of institution",
    "all": "All",
    "kementerian": "Ministries",
    "lembaga": "Agencies",
    "bumn": "State-owned companies",
    "provinsi": "Provinces",
    "kabupaten": "Regencies",
    "kota": "Cities",
    "kabkota": "Regencies and cities",
    "by": "Rank by",
    "category": "Category",
    "show": "Show",
    "received": "Received",
    "status": "Status",
    "unverified": "Not verified",
    "routed": "Not followed up",
    "in_progress": "In progress",
    "completed": "Completed",
    "postponed": "Postponed",
    "archived": "Archived",
    "rates": "Rate",
    "follow_up": "Follow-up",
    "completion": "Completion",
    "days": "Median (days)",
    "route_days": "to routing",
    "follow_up_days": "to first follow-up",
    "completion_days": "to completion",
    "cases": "Course of the reports",
    "transferred": "Transferred in / out",
    "returned": "Returned to the reporter",
    "overdue": "Overdue",
    "misrouted": "Misrouted",
    "satisfaction": "Satisfaction (1-5)",
    "trend": "Monthly trend",
    "trend_of": "{month}: {received} received, {completed} completed",
    "rank": "Rank",
    "unranked": "unranked",
    "institution": "Institution",
    "unit": "Unit",
    "triage": "No institution yet (triage)",
    "no_unit": "No unit yet",
    "total": "Total",
    "ratings": "{number} ratings",
    "of": "{numerator} of {denominator}",
    "nothing": "No report was received in this period.",
    "caption": "{what}, reports received {first} to {last} (WIB)",
    "as_of": "As of {instant} WIB",
    "download": "Download",
    "sorted": "Sort by {what}",
    "wrong": "Please check these fields",
    "invalid_period": "write YYYY, YYYYH1 or YYYYH2, YYYY-MM, YYYY-MM-DD, or two of them as "
    "FROM..TO; years from 2000 to 2999",
    "no_such_date": "the calendar has no such month or day",
    "empty_period": "FROM is later than TO; write the earlier one first",
    "not_a_choice": "choose one of the list",
    "invalid_category": "write it like roads, or roads.street_light for one of its own",
    "away": "The figures cannot be read at this moment. Try again shortly, or choose a shorter "
    "period.",
    "how": "How this is counted",
    "how_rates": "Follow-up = (in progress + completed) / (received - postponed - archived); "
    "completion = completed / (received - postponed - archived). Rank: higher rate, then more "
    "reports, then the institution's code; without a denominator there is no rank.",
    "how_where": "Every report is counted once, at the institution that holds it now. Days are "
    "calendar days since the report was received.",
}
WORDS: Mapping[Lang, Mapping[str, str]] = {Lang.INDONESIAN: _ID, Lang.ENGLISH: _EN}
_MONTHS = {
    Lang.INDONESIAN: "JanFebMarAprMeiJunJulAguSepOktNovDes",
    Lang.ENGLISH: "JanFebMarAprMayJunJulAugSepOctNovDec",
}


class PageLocale:
    """Words, numbers and dates of one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, word: str, **parts: object) -> str:
        """Return a text with its parts put in; KeyError for a word that there is not."""
        return WORDS[self.lang][word].format(**parts)

    def number(self, value: int | Decimal | None) -> str:
        """Return a number as this language writes it, a dash for none."""
        if value is None:
            return "–"
        text = f"{value:,}"
        swapped = text.translate(str.maketrans(",.", ".,"))
        return swapped if self.lang is Lang.INDONESIAN else text

    def percent(self, value: Decimal | None) -> str:
        """Return per cent, a dash for none."""
        if value is None:
            return "–"
        return self.number(value) + (" %" if self.lang is Lang.INDONESIAN else "%")

    def share(self, share: Share) -> str:
        """Return a share as a part of its whole."""
        numerator, denominator = map(self.number, share)
        return self("of", numerator=numerator, denominator=denominator)

    def day(self, value: date) -> str:
        """Return a date."""
        return f"{value.day} {self._month(value.month)} {value.year}"

    def month(self, text: str) -> str:
        """Return a month given as "YYYY-MM"."""
        return f"{self._month(int(text[5:]))} {text[:4]}"

    def instant(self, value: datetime) -> str:
        """Return a date and time by the clock of western Indonesia."""
        local = value.astimezone(WIB)
        return f"{self.day(local)} {local:%H:%M:%S}"

    def _month(self, number: int) -> str:
        return _MONTHS[self.lang][3 * number - 3 : 3 * number]

"""Sentences of the generated feed: invented complaints in Indonesian, in `templates.csv`.

`answers` says who must answer: any regency or city (`local`), its `province`, an institution by its
code, or nobody can tell (`vague`). Places in braces are filled in: {region} a region's name,
{place} a part of it, {street}, {number} a small number, {phone} and {nik} invented numbers.
Nobody's own words are in here.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Template(NamedTuple):
    """One complaint in the making; `category` is what the reporter may tick."""

    category: str
    title: str
    text: str


def _read() -> Mapping[str, list[Template]]:
    found: dict[str, list[Template]] = defaultdict(list)
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row.pop("answers")].append(Template(**row))
    return dict(found)


_BY_ANSWER = _read()
LOCAL, PROVINCIAL, VAGUE = (_BY_ANSWER[name] for name in ("local", "province", "vague"))
CENTRAL = {code: templates for code, templates in _BY_ANSWER.items() if "-" in code}

PLACES = (
    "Kampung Melati",
    "Dusun Mawar",
    "Perumahan Griya Cemara",
    "RT 04 RW 02",
    "Desa Sukamaju Contoh",
    "Kelurahan Contoh Asri",
    "Pasar Baru Contoh",
    "Blok C Perumahan Kenanga",
)
STREETS = (
    "Jl. Anggrek",
    "Jalan Kenari",
    "Jl. Cempaka Raya",
    "Gang Dahlia",
    "Jl. Merpati",
    "Jalan Teratai",
)
FIRST_NAMES = ("Contoh", "Umpama", "Misal", "Ibarat", "Andai", "Ibu Contoh", "Pak Umpama")
LAST_NAMES = ("Warga", "Pelapor", "Penduduk", "Rekaan", "Karangan", "Khayalan")

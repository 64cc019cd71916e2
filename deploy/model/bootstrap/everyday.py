"""The everyday words of phrases and of a few names: they tell "pasar baru" from a place."""

import csv
import re
from collections.abc import Iterator

from deploy.model.bootstrap.phrases import FOLDER
from services.router.reference.places_file import EVERYDAY

__all__ = ("EVERYDAY", "everyday_words")
# Feasts, and names that streets and housing estates have everywhere.
_MORE = """
natal lebaran ramadhan ramadan nyepi imlek paskah waisak muharram maulid syawal agustus januari
februari maret april mei juni juli september oktober november desember senin selasa rabu kamis jumat
sabtu minggu pahlawan merdeka sudirman thamrin kartini diponegoro hasanuddin pattimura yani ahmad
gajah mada majapahit imam bonjol cendrawasih rajawali garuda kenanga melati mawar anggrek teratai
flamboyan cempaka dahlia wijaya kusuma kemuning angsana beringin harapan indah permai asri griya
sentosa sejahtera damai makmur jaya abadi mulya mulia
"""
_SLOT = re.compile(r"\{[a-z]+\}")
_WORD = re.compile(r"[a-z]+")


def everyday_words() -> str:
    """Return every one, one per line, in order."""
    return "".join(f"{word}\n" for word in sorted({*_words(), *_MORE.split()}))


def _words() -> Iterator[str]:
    for file in FOLDER.glob("*.csv"):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            yield from _WORD.findall(_SLOT.sub(" ", row["text"]).lower())

"""Whether a report says where exactly: a street, a market, a school by its name."""

from itertools import pairwise

from services.router.domain.classifier.tokenizer import words
from services.router.domain.text.sketch_words import CUES, EMPTY, ORDINARY
from shared.contracts.case import Complaint

# Beside streets and villages: what stands somewhere and has a name.
_BUILDINGS = frozenset((
    "gereja", "jembatan", "kali", "kampus", "lapangan", "mall", "masjid", "pabrik", "pantai",
    "pelabuhan", "puskesmas", "sekolah", "stadion", "sungai", "taman", "waduk",
))  # fmt: skip
_SCHOOLS = frozenset(("sd", "sdn", "sma", "sman", "smk", "smkn", "smp", "smpn"))


def has_street_level_place(complaint: Complaint) -> bool:
    """Tell whether the name of a place follows its kind: "jalan Merdeka", not "jalan rusak"."""
    return any(_names(text) for text in (complaint.title, complaint.text))


def _names(text: str) -> bool:
    return any(_is_named(kind, following) for kind, following in pairwise(words(text)))


def _is_named(kind: str, following: str) -> bool:
    if following.startswith("<"):  # a number
        return kind in _SCHOOLS
    is_kind = kind in CUES or kind in _BUILDINGS or kind in _SCHOOLS
    return is_kind and following not in EMPTY and following not in ORDINARY

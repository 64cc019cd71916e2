"""Masks are no words: to rules, categories, sketches and spots they are not there."""

from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from services.router.domain.classifier.tokenizer import runs, words
from services.router.domain.duplicates.sketches import sketch
from services.router.domain.routing.engine import RoutingEngine
from services.router.domain.text.lexicon import phrase
from services.router.domain.text.masks import without_masks
from services.router.reference.places_file import load_places
from services.router.reference.rulebook import RuleFiles, load_reference_data
from services.router.settings import DATA
from shared.contracts.case import Complaint, Decision, Place
from shared.masking import MASKS, mask
from shared.reference.shipped import TABLES
from tests.support.tables import failing

NUMBER = "3603011203800001"
MATTERS = (
    "Jalan berlubang di depan pasar Tigaraksa sudah tiga bulan tidak diperbaiki",
    "Lampu penerangan jalan mati di Jalan Raya Serang",
    "Sampah menumpuk di pinggir jalan dan tidak diangkut",
    "Saluran air tersumbat sehingga banjir setiap hujan",
    "Air PDAM tidak mengalir sejak hari Senin",
    "Bantuan sosial PKH tidak cair padahal saya keluarga miskin",
    "Guru sekolah dasar memungut biaya seragam kepada orang tua murid",
    "Puskesmas menolak pasien dan dokter tidak ada",
    "Izin usaha warung saya tidak kunjung terbit",
)


@pytest.fixture(scope="module")
def brain() -> RoutingEngine:
    knowledge = load_reference_data(
        RuleFiles(
            directory=TABLES / "institutions.csv",
            taxonomy=TABLES / "taxonomy.csv",
            needs=TABLES / "needs.csv",
            rules=TABLES / "rules.csv",
            model=DATA / "model.salur",
        )
    )

    return RoutingEngine(knowledge, load_places())


def decide(brain: RoutingEngine, text: str) -> Decision:
    every = frozenset(brain._knowledge.directory.institutions)
    made = Complaint(
        complaint_id=UUID(int=1),
        number="0000000000000000",
        title="Laporan",
        text=mask(text),
        place=Place(region_code="36.03"),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    [decision] = brain.decide([made], every)
    return decision


def test_a_report_is_decided_as_if_its_writer_had_given_no_number(brain: RoutingEngine) -> None:
    ways = ("{} NIK {}", "NIK/KTP: {1}. {0}", "{} ({})", "{} No. KTP saya {}", "{} wa 0{}")

    def is_decided_the_same(row: tuple[str, str]) -> None:
        matter, whose = row
        number = NUMBER if "wa" not in whose else "81234567890"
        assert decide(brain, whose.format(matter, number)) == decide(brain, matter)

    assert failing(product(MATTERS, ways), is_decided_the_same) == {}


def test_a_report_about_identity_cards_is_still_about_them(brain: RoutingEngine) -> None:
    text = f"KTP elektronik belum jadi di Disdukcapil sejak Mei. NIK {NUMBER}"

    assert (
        decide(brain, text).category == decide(brain, text.split(". NIK", maxsplit=1)[0]).category
    )
    assert "ktp" in words(text)


@pytest.mark.parametrize("masked", MASKS)
def test_no_mask_is_a_word_to_anybody(masked: str) -> None:
    plain, text = "jalan rusak parah", f"jalan rusak {masked} parah"

    assert words(text) == words(plain)
    assert runs(text) == runs(plain)
    assert phrase(text) == phrase(plain)
    assert sketch(text) == sketch(plain)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("NIK/KTP [NIK] jalan rusak", "  jalan rusak"),
        ("No. KTP saya: 3603011203800001, jalan", " , jalan"),
        ("Hubungi WA [telepon]", "Hubungi  "),
        ("BPJS [BPJS] ditolak", "BPJS   ditolak"),
        ("rekening BRI [rekening] diblokir", "rekening BRI   diblokir"),
        ("KTP hilang di jalan", "KTP hilang di jalan"),
        ("meter 86012345678901 mati", "meter 86012345678901 mati"),
        ("[sic] NIK", "[sic] NIK"),
    ],
)
def test_what_announces_a_number_goes_with_it(text: str, left: str) -> None:
    assert without_masks(text).split() == left.split()

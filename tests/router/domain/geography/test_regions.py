"""Regions from free text, judged on sentences written for the project."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.router.domain.geography.gazetteer import Gazetteer
from services.router.domain.geography.regions import Ambiguous, RegionResolution, Resolved, Unknown
from services.router.domain.reference.directory import parse_directory
from services.router.domain.reference.taxonomy import Taxonomy
from services.router.domain.routing.extraction import Extractor
from services.router.domain.routing.keywords import KeywordIndex
from services.router.domain.text.lexicon import build_lexicon
from services.router.reference.places_file import load_places
from services.router.settings import RouterSettings
from shared.contracts.case import Place
from tests.support.builders import complaint

DATA = Path(__file__).parent / "data"
DIRECTORY = parse_directory(RouterSettings().directory.read_text(encoding="utf-8"))
GAZETTEER = Gazetteer(DIRECTORY, load_places())
READER = Extractor(build_lexicon(DIRECTORY), GAZETTEER, KeywordIndex(Taxonomy((), {}), ()))


def outcome(text: str) -> RegionResolution:
    made = complaint().model_copy(update={"title": "Laporan", "text": text, "place": Place()})
    return READER.read(made).region(GAZETTEER, DIRECTORY.institutions)


def said(text: str) -> str:
    match outcome(text):
        case Resolved(code=code):
            return code
        case Ambiguous():
            return "ambiguous"
        case Unknown():
            return ""


def judged(name: str) -> tuple[float, float, list[str]]:
    """Return precision and recall over rows with one region, and the misses."""
    rows = list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))
    found = [(row["text"], row["expected"], said(row["text"])) for row in rows]
    one = [wanted for _, wanted, _ in found if wanted[:1].isdigit()]
    given_ = [(wanted, got) for _, wanted, got in found if got[:1].isdigit()]
    right = sum(wanted == got for wanted, got in given_)
    misses = [f"{text!r}: {got!r}, not {wanted!r}" for text, wanted, got in found if wanted != got]
    return right / len(given_), right / len(one), misses


def test_regions_are_found_with_the_promised_precision_and_recall() -> None:
    precision, recall, misses = judged("region_texts.csv")

    assert precision >= 0.97, misses
    assert recall >= 0.90, misses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tangerang", "ambiguous"),
        ("Kab. Tangerang", "36.03"),
        ("Kec. Cisauk", "36.03"),
        ("Kec. Karanganyar", "ambiguous"),
        ("Kec. Karanganyar, Demak", "33.21"),
        ("Desa Cisauk", "36.03"),
        ("sidomulyo", ""),
    ],
)
def test_evidence_is_combined(text: str, expected: str) -> None:
    assert said(text) == expected


pieces = st.one_of(
    st.sampled_from(["Kab.", "kec", "desa", "kota", "cisauk", "Tangerang", "Demak", "jl"]),
    st.text(max_size=12),
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(pieces, max_size=8).map(" ".join)))
def test_any_text_gives_known_codes_and_the_same_again(text: str) -> None:
    found = outcome(text)

    assert outcome(text) == found
    codes = found.candidates if isinstance(found, Ambiguous) else ()
    if isinstance(found, Resolved):
        codes = (found.code,)
    assert set(codes) <= set(GAZETTEER.government)


@pytest.mark.parametrize(
    "piece", ["kec karanganyar ", "desa sidomulyo ", "kab tangerangg ", "a ", "kec", "İ'\x00 "]
)
def test_hostile_text_is_read_in_bounded_time(piece: str) -> None:
    text = (piece * 50_000)[:50_000]

    started = time.process_time()
    outcome(text)

    assert time.process_time() - started < 10.0  # of a quadratic reading it would be minutes


def test_rows_written_after_the_words_were_settled_hold_the_same_promise() -> None:
    precision, recall, misses = judged("region_texts_later.csv")

    assert precision >= 0.97, misses
    assert recall >= 0.90, misses

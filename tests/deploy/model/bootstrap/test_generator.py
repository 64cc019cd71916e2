"""Made-up complaints: the same for the same seed, like real ones in length, nobody's data."""

import re
import statistics
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from deploy.cli.model.bootstrap import read_taxonomy
from deploy.model.bootstrap import generator, noise
from deploy.model.bootstrap.generator import LONGEST, SHORTEST, Made, cut, generate
from deploy.model.bootstrap.noise import MESSAGE, SHORT_FORMS, Style, typed
from deploy.model.bootstrap.places import Place
from deploy.model.bootstrap.slots import filled
from deploy.model.bootstrap.stock import HELD, PARTS, Stock, read_stock
from deploy.model.bootstrap.training import make_corpus

PER_CATEGORY = 25
IDENTITY = re.compile(r"\d(?:[ .-]?\d){7,}|@|\+62|\b08\d\d")
PLACE = Place("Kab. Anu", "Kecamatan Itu", "Desa Ini")


@pytest.fixture(scope="module")
def stock() -> Stock:
    return read_stock(read_taxonomy(), seed=1)


@pytest.fixture(scope="module")
def made(stock: Stock) -> list[Made]:
    return list(generate(stock, PER_CATEGORY, seed=1))


def test_equal_seeds_make_equal_texts(stock: Stock, made: list[Made]) -> None:
    again = list(islice(generate(stock, PER_CATEGORY, seed=1), 200))
    other = list(islice(generate(stock, PER_CATEGORY, seed=2), 200))

    assert again == made[:200]
    assert sum(a == b for a, b in zip(again, other, strict=True)) < 10


def test_a_category_does_not_change_with_the_others(stock: Stock, made: list[Made]) -> None:
    some = Stock(stock.leaves[-3:], stock.phrases, stock.words, stock.places)

    # A second matter may be any category's, so texts with one differ.
    found = set(generate(some, PER_CATEGORY, seed=1))
    assert len(found & set(made)) > 0.8 * len(found)


def test_every_leaf_has_as_many_texts_in_every_part(stock: Stock, made: list[Made]) -> None:
    counts = Counter((one.label, one.part) for one in made)

    assert set(counts) == {(leaf, part) for leaf in stock.leaves for part in range(PARTS)}
    assert set(counts.values()) == {PER_CATEGORY // PARTS}


def test_lengths_are_those_of_real_reports(made: list[Made]) -> None:
    lengths = [len(one.text) for one in made]

    assert min(lengths) >= SHORTEST
    assert max(lengths) <= LONGEST
    assert 150 <= statistics.median(lengths) <= 250
    assert max(lengths) > 700


def test_no_place_is_left_open_and_nothing_looks_like_identity(made: list[Made]) -> None:
    assert not [one.text for one in made if re.search(r"[{}]", one.text)]
    assert not [one.text for one in made if IDENTITY.search(one.text)]


def test_a_text_uses_phrases_of_its_own_part_alone(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "typed", lambda text, _: text)
    marked = {
        (leaf, kind, part): [f"frasa-{part}-{leaf}-{kind}-{at} " for at, _ in enumerate(found)]
        for (leaf, kind, part), found in stock.phrases.items()
    }

    texts = list(generate(replace(stock, phrases=marked), PER_CATEGORY, seed=3))

    used = [{int(part) for part in re.findall(r"frasa-(\d)", one.text)} for one in texts]
    assert all(parts <= {one.part} for one, parts in zip(texts, used, strict=True))
    assert sum(map(len, used)) > 0.95 * len(texts)


def test_the_words_of_the_taxonomy_are_met_in_training_texts_alone(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "WITH_WORD", 1)
    said: dict[tuple[str, bool], set[str]] = defaultdict(set)

    for one in generate(stock, 60, seed=1):
        said[one.label, one.part == HELD].add(one.text.lower())

    words = {leaf: stock.words.get((leaf, 1), ()) for leaf in stock.leaves}
    met = [
        any(word in text for text in said[leaf, False]) for leaf in words for word in words[leaf]
    ]
    assert sum(met) > 0.9 * len(met)


def test_some_texts_have_a_second_matter_after_the_main_one(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "typed", lambda text, _: text)
    monkeypatch.setattr(generator, "WITH_SECOND", 1)
    owner = {
        text: leaf
        for (leaf, kind, _), found in stock.phrases.items()
        for text in found
        if kind == "problem" and "{" not in text
    }

    texts = list(generate(stock, 5, seed=1))

    others = [one for one in texts for text, leaf in owner.items() if text in one.text]
    mixed = [
        one
        for one in texts
        if any(text in one.text and leaf != one.label for text, leaf in owner.items())
    ]
    assert len(mixed) > 0.25 * len(texts)
    assert others


@pytest.mark.parametrize("category", ["education.high_school", "religion.madrasah", "roads.damage"])
def test_every_kind_of_place_is_filled_in(category: str) -> None:
    random = Random(1)
    slots = "{region}{district}{village}{street}{number}{duration}{date}{money}{school}{hospital}"

    for _ in range(200):
        text = filled(slots + "{company}{bank}{operator}{station}", category, PLACE, random=random)
        assert "{" not in text
        assert text.startswith("Kab. AnuKecamatan ItuDesa Ini")


def test_schools_are_of_the_category_s_level() -> None:
    random = Random(1)

    found = {
        filled("{school}", "education.high_school", PLACE, random=random)[:2] for _ in range(50)
    }

    assert found == {"SM"}


def test_messages_are_shortened_by_the_forms_the_classifier_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(noise, "STYLES", (Style(1, 0, 0, 0, lower=0, bare=0),))
    monkeypatch.setattr(noise, "SHARES", (1,))
    monkeypatch.setattr(noise, "CAPITALS", 0)
    monkeypatch.setattr(noise, "MIXED", 0)

    first, second = typed("yang tidak", Random(1)).split()

    assert first in SHORT_FORMS["yang"]
    assert second in SHORT_FORMS["tidak"]


def test_typing_keeps_lines_and_leaves_no_double_space() -> None:
    for seed in range(300):
        found = typed("Jalan rusak\nMohon, segera diperbaiki. Sudah lama!", Random(seed))
        assert found.count("\n") == 1
        assert "  " not in found


def test_noise_is_there_but_words_stay_readable() -> None:
    monkey = Random(1)
    text = "perbaikan jalan rusak dekat sekolah belum juga dikerjakan sampai sekarang"

    kept = [set(typed(text, monkey).lower().split()) & set(text.split()) for _ in range(300)]

    assert MESSAGE.short > 0.5
    assert 5 < statistics.mean(map(len, kept)) < 9.9
    assert min(map(len, kept)) < 5


def test_a_long_text_ends_with_a_whole_word() -> None:
    text = cut("kata " * 400)

    assert len(text) <= LONGEST
    assert text.endswith("kata")


def test_repeats_are_left_out_and_counted(stock: Stock) -> None:
    corpus = make_corpus(stock, PER_CATEGORY, seed=1)

    assert len({(one.text, one.label) for one in corpus.made}) == len(corpus.made)
    assert len(corpus.made) + corpus.repeats == PER_CATEGORY * len(stock.leaves)
    assert len(corpus.split.held) + len(corpus.split.fold) == len(corpus.made)
    assert {corpus.made[at].part for at in corpus.split.held} == {HELD}
    assert set(corpus.split.fold.tolist()) == set(range(PARTS - 1))

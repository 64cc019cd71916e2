"""Files of phrases: what is read, what is refused, and how phrases are dealt out to parts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.cli.model.bootstrap import read_taxonomy
from deploy.model.bootstrap.phrases import FOLDER, SLOTS, Kind, Phrase, read_phrases, slots_of
from deploy.model.bootstrap.stock import HELD, PARTS, deal, read_stock
from shared.errors import Misconfigured

LEAVES = frozenset({"roads.damage", "water"})
GOOD = (
    "roads.damage,title,Jalan rusak",
    "roads.damage,problem,Jalan di {street} berlubang.",
    "water,title,Air mati",
    "water,problem,Air tidak mengalir sejak {duration}.",
)
Write = Callable[..., Path]


@pytest.fixture
def folder_of(tmp_path: Path) -> Write:
    """Return a writer of a folder with one file of these lines under the header."""

    def write(*lines: str) -> Path:
        text = "\n".join(("category,kind,text", *lines)) + "\n"
        (tmp_path / "roads.csv").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_phrases_are_read_by_category_and_kind(folder_of: Write) -> None:
    found = read_phrases(folder_of(*GOOD), LEAVES)

    assert [one.text for one in found["water", Kind.TITLE]] == ["Air mati"]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("roads,title,Jalan", "line 6, column category: 'roads'; write a leaf of taxonomy.csv"),
        ("water,rumour,Air", "column kind: 'rumour'; write title, problem, detail or request"),
        ("water,detail,", "column text: ''; write 1 to 300 characters"),
        (f"water,detail,{'a' * 301}", "write 1 to 300 characters"),
        ("water,detail,Di {kampung}", "column text: 'Di {kampung}'; write only {bank}, {company}"),
        ("water,detail,Di {street", "write only {bank}"),
        ("water,detail,Hubungi 0812 3456 7890", "no long numbers"),
        ("water,title,air MATI", "another one; line 4 has this"),
        ("water,detail,Air, keruh", "write 3; quote a cell that holds a comma"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place_and_the_way_out(
    folder_of: Write, line: str, reason: str
) -> None:
    with pytest.raises(Misconfigured, match=r"roads\.csv is refused") as refused:
        read_phrases(folder_of(*GOOD, line), LEAVES)

    assert "line 6" in str(refused.value)
    assert reason in str(refused.value)


def test_a_file_that_is_not_text_is_refused_with_its_name(folder_of: Write) -> None:
    folder = folder_of(*GOOD)
    (folder / "water.csv").write_bytes(b"category,kind,text\nwater,title,\xff\n")

    with pytest.raises(Misconfigured, match=r"water\.csv: .*UTF-8"):
        read_phrases(folder, LEAVES)


def test_a_leaf_without_title_or_problem_is_refused_by_name(folder_of: Write) -> None:
    with pytest.raises(Misconfigured, match=r"1 without a phrase: water \(title\)"):
        read_phrases(folder_of(*GOOD[:2], GOOD[3]), LEAVES)


@given(
    texts=st.lists(st.text("ab ", min_size=1, max_size=6), min_size=1, max_size=40, unique=True),
    seed=st.integers(0, 5),
)
def test_every_phrase_is_dealt_to_one_part(texts: list[str], seed: int) -> None:
    found = [Phrase(category="water", kind=Kind.PROBLEM, text=one) for one in texts]

    dealt = deal({("water", Kind.PROBLEM): found}, seed)

    assert sorted(one for part in dealt.values() for one in part) == sorted(texts)
    sizes = [len(dealt.get(("water", Kind.PROBLEM, part), ())) for part in range(PARTS)]
    assert max(sizes) - min(sizes) <= 1


def test_a_phrase_of_two_categories_is_in_the_same_part_for_both() -> None:
    texts = [f"kalimat {chr(97 + at)}" for at in range(20)]
    phrases = {
        (leaf, Kind.PROBLEM): [Phrase(category=leaf, kind=Kind.PROBLEM, text=one) for one in texts]
        for leaf in LEAVES
    }

    dealt = deal(phrases, seed=1)

    for part in range(PARTS):
        one, other = (set(dealt[leaf, Kind.PROBLEM, part]) for leaf in sorted(LEAVES))
        assert one == other


def test_the_phrases_of_this_tree_tell_every_leaf_in_every_part() -> None:
    taxonomy = read_taxonomy()
    stock = read_stock(taxonomy, seed=1)

    lacking = [
        (leaf, part)
        for leaf in taxonomy.leaves
        for part in range(PARTS)
        if not stock.has(leaf, part)
    ]

    assert lacking == []
    assert all(part != HELD for _, part in stock.words)


def test_the_phrases_of_this_tree_use_known_places_only() -> None:
    found = read_phrases(FOLDER, read_taxonomy().leaves)

    used = {slot for phrases in found.values() for one in phrases for slot in slots_of(one.text)}

    assert used <= SLOTS
    assert {"region", "district", "village", "duration"} <= used

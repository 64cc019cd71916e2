"""Categories and needs: what their names mean, and which lines are refused, and how."""

import pytest

from services.router.domain.reference.taxonomy import (
    COLUMNS,
    MOST,
    MOST_MAIN,
    NEEDS_COLUMNS,
    Taxonomy,
    covers,
    parse_needs,
    parse_taxonomy,
)
from shared.errors import Misconfigured

NEEDS_HEADER = ",".join(NEEDS_COLUMNS)
HEADER = ",".join(COLUMNS)
NEEDS = parse_needs(f"{NEEDS_HEADER}\nspot,Di mana?,Where?,gang;rt\nregion,Kota mana?,Which?,\n")
ROADS = "roads,Jalan,Roads,,jalan"
DAMAGE = "roads.damage,Jalan rusak,Damaged road,spot,rusak;jalan"


def taxonomy(*lines: str) -> Taxonomy:
    return parse_taxonomy("\n".join((HEADER, *lines)), NEEDS)


def refusal(*lines: str) -> list[str]:
    """Return what is said of each wrong line."""
    with pytest.raises(Misconfigured) as raised:
        taxonomy(*lines)
    first, *problems = str(raised.value).splitlines()
    assert first == "taxonomy.csv is refused:"
    return [problem.strip() for problem in problems]


def refusal_of_needs(*lines: str) -> list[str]:
    with pytest.raises(Misconfigured) as raised:
        parse_needs("\n".join((NEEDS_HEADER, *lines)))
    first, *problems = str(raised.value).splitlines()
    assert first == "needs.csv is refused:"
    return [problem.strip() for problem in problems]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roads.damage", "roads.damage"),
        ("  ROADS ", "roads"),
        ("Jalan Rusak", "roads.damage"),
        ("damaged road", "roads.damage"),
        ("rusak", "roads.damage"),
        ("jalan", "roads"),
        ("sawah", None),
        ("", None),
        (None, None),
    ],
)
def test_a_category_has_the_names_of_its_line(name: str | None, expected: str | None) -> None:
    assert taxonomy(ROADS, DAMAGE).named(name) == expected


def test_a_slug_comes_before_a_name_and_a_name_before_a_word() -> None:
    lines = ("a,b,c,,d", "b,d,e,,f", "d,x,y,,z")

    found = taxonomy(*lines)

    assert [found.named(name) for name in ("b", "d", "e", "f")] == ["b", "d", "b", "b"]


def test_leaves_are_the_categories_with_nothing_below_them() -> None:
    assert taxonomy(ROADS, DAMAGE, "water,Air,Water,,").leaves == {"roads.damage", "water"}


def test_a_category_needs_what_its_line_says() -> None:
    found = taxonomy(ROADS, DAMAGE)

    assert [need.code for need in found.needs_of("roads.damage")] == ["spot"]
    assert found.needs_of("roads") == found.needs_of("no_such") == ()


@pytest.mark.parametrize(
    ("wider", "slug", "expected"),
    [
        ("roads", "roads", True),
        ("roads", "roads.damage", True),
        ("roads.damage", "roads", False),
        ("roads", "roadside", False),
        ("36", "36.03", True),
        ("36.03", "36.0", False),
    ],
)
def test_a_code_covers_itself_and_what_lies_below(wider: str, slug: str, expected: bool) -> None:
    assert covers(wider, slug) is expected


@pytest.mark.parametrize(
    "slug", ["Roads", "street light", "roads.a.b", "roads.", "street-light", ""]
)
def test_a_category_that_is_no_slug_is_refused(slug: str) -> None:
    assert refusal(f"{slug},Jalan,Roads,,") == [
        f"line 2, column category: {slug!r}; write a slug such as roads or roads.street_light"
    ]


def test_a_category_below_one_that_is_missing_is_refused() -> None:
    assert refusal(DAMAGE) == [
        "line 2, column category: 'roads.damage'; write a line for roads too"
    ]


@pytest.mark.parametrize(
    ("line", "column"), [("roads,,Roads,,", "name"), ("roads,Jalan, ,,", "name_en")]
)
def test_a_category_without_a_name_is_refused(line: str, column: str) -> None:
    assert refusal(line) == [f"line 2, column {column}: ''; write a name for people"]


@pytest.mark.parametrize("need", ["day", "region"])
def test_a_need_that_is_unknown_or_that_no_word_can_meet_is_refused(need: str) -> None:
    assert refusal(f"roads,Jalan,Roads,spot;{need},") == [
        f"line 2, column needs: 'spot;{need}';"
        f" write needs of needs.csv that have words; {need} is none"
    ]


def marked(*lines: str) -> Taxonomy:
    return parse_taxonomy("\n".join((f"{HEADER},investigation", *lines)), NEEDS)


def test_a_category_may_say_that_its_reports_need_an_investigation() -> None:
    found = marked(f"{ROADS},", f"{DAMAGE},yes", "water,Air,Water,,,")

    assert found.investigated == {"roads.damage"}
    assert taxonomy(ROADS, DAMAGE).investigated == frozenset()


def test_anything_but_yes_about_an_investigation_is_refused() -> None:
    with pytest.raises(Misconfigured) as raised:
        marked(f"{ROADS},maybe")

    assert "line 2, column investigation: 'maybe'; write yes, or nothing" in str(raised.value)


def test_a_category_that_occurs_twice_is_refused() -> None:
    assert refusal(ROADS, "water,Air,Water,,", ROADS) == [
        "line 4, column category: 'roads'; write another one; line 2 has this"
    ]


def test_a_comma_in_a_cell_without_quotes_is_refused() -> None:
    assert refusal("roads,Jalan,Roads,,jalan, gang") == [
        "line 2: '6 cells'; write 5; quote a cell that holds a comma"
    ]


def test_all_wrong_lines_are_named_at_once() -> None:
    wrong = refusal("Roads,,Roads,day,", ROADS, "water.pipe,Pipa,,,", ROADS)

    assert [problem.split(":")[0] for problem in wrong] == [
        "line 2, column category",
        "line 2, column name",
        "line 2, column needs",
        "line 4, column category",
        "line 4, column name_en",
        "line 5, column category",
    ]


def test_a_taxonomy_without_a_line_is_refused() -> None:
    assert refusal() == ["line 2: 'no line'; write one category per line"]


def test_there_are_at_most_so_many_main_categories() -> None:
    lines = [f"main_{number},a{number},b,," for number in range(MOST_MAIN + 1)]

    assert len(taxonomy(*lines[:-1]).categories) == MOST_MAIN
    assert refusal(*lines) == ["line 1: '65 main categories'; write at most 64"]


def test_there_are_at_most_so_many_categories() -> None:
    lines = [ROADS, *(f"roads.sub_{number},a,b,," for number in range(MOST))]

    assert len(taxonomy(*lines[:-1]).categories) == MOST
    assert refusal(*lines) == ["line 1: '401 categories'; write at most 400"]


def test_a_need_has_its_questions_and_words() -> None:
    spot = NEEDS["spot"]

    assert (spot.question, spot.question_en, spot.words) == ("Di mana?", "Where?", ("gang", "rt"))


@pytest.mark.parametrize("code", ["Spot", "a.b", "two words", ""])
def test_a_need_that_is_no_plain_name_is_refused(code: str) -> None:
    assert refusal_of_needs(f"{code},Di mana?,Where?,") == [
        f"line 2, column need: {code!r}; write lower-case letters, such as spot"
    ]


def test_a_need_without_its_questions_is_refused() -> None:
    assert refusal_of_needs("spot,,,gang") == [
        "line 2, column question: ''; write the question to the reporter",
        "line 2, column question_en: ''; write the question to the reporter",
    ]


def test_all_wrong_needs_are_named_at_once() -> None:
    assert refusal_of_needs("spot,a,b,c", "Day,a,b,c", "spot,a,b,c", "year,a,b") == [
        "line 3, column need: 'Day'; write lower-case letters, such as spot",
        "line 5: '3 cells'; write 4; quote a cell that holds a comma",
        "line 4, column need: 'spot'; write another one; line 2 has this",
    ]

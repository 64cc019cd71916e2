"""The table of rules: when a line matches, and which lines are refused, and how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.reference.directory import parse_directory
from services.router.domain.reference.directory_rules import COLUMNS as DIRECTORY_COLUMNS
from services.router.domain.reference.taxonomy import COLUMNS as TAXONOMY_COLUMNS
from services.router.domain.reference.taxonomy import parse_taxonomy
from services.router.domain.routing.findings import BuiltInRule
from services.router.domain.routing.rules import (
    BUILT_IN,
    COLUMNS,
    MAX_UNIT,
    MOST,
    RoutingRule,
    RuleTarget,
    parse_rules,
)
from shared.errors import Misconfigured

DIRECTORY = parse_directory(
    "\n".join(
        (
            ",".join(DIRECTORY_COLUMNS),
            "kem-027,kementerian,Kementerian Pekerjaan Umum,PU,,,,yes,test,no",
            "prov-36,provinsi,Pemerintah Provinsi Banten,Banten,,36,,yes,test,no",
            "kab-3603,kabupaten,Pemerintah Kabupaten Lebak,Lebak,,36.03,prov-36,yes,test,no",
        )
    )
)
TAXONOMY = parse_taxonomy(
    "\n".join((",".join(TAXONOMY_COLUMNS), "roads,Jalan,Roads,,", "roads.damage,Rusak,Damage,,")),
    {},
)
GOOD = "road,roads,jalan rusak;aspal,tol,36,@regency,Dinas PU,0.75,a law"
TARGETS = "@named, @region, @regency, @province, @triage"


def rules(*lines: str) -> tuple[RoutingRule, ...]:
    return parse_rules("\n".join((",".join(COLUMNS), *lines)), DIRECTORY, TAXONOMY)


def refusal(*lines: str) -> list[str]:
    """Return what is said of each wrong line."""
    with pytest.raises(Misconfigured) as raised:
        rules(*lines)
    first, *problems = str(raised.value).splitlines()
    assert first == "rules.csv is refused:"
    return [problem.strip() for problem in problems]


def line(**cells: str) -> str:
    """Return a good line with other cells."""
    good = dict(zip(COLUMNS, GOOD.split(","), strict=True))
    return ",".join((good | cells).values())


def test_a_line_becomes_a_rule() -> None:
    [rule] = rules(GOOD)

    assert rule == RoutingRule(
        line=2,
        name="road",
        category="roads",
        words=("jalan rusak", "aspal"),
        unless=("tol",),
        region=("36",),
        institution="@regency",
        unit="Dinas PU",
        trust=0.75,
        because="a law",
    )


def test_rules_keep_the_order_of_their_lines() -> None:
    names = [rule.name for rule in rules(line(rule="b"), "", line(rule="a"))]

    assert names == ["b", "a"]


@pytest.mark.parametrize("target", [*RuleTarget, "kem-027", "kab-3603"])
def test_every_target_and_every_code_of_the_directory_can_answer(target: str) -> None:
    assert rules(line(institution=target))[0].institution == target


@pytest.mark.parametrize("trust", ["0", "0.5", ".5", "0.125", "1", "1.0"])
def test_trust_is_a_number_from_0_to_1(trust: str) -> None:
    assert rules(line(trust=trust))[0].trust == float(trust)


@pytest.mark.parametrize(
    ("category", "about", "expected"),
    [
        ("", None, True),
        ("", "roads", True),
        ("roads", "roads", True),
        ("roads", "roads.damage", True),
        ("roads.damage", "roads", False),
        ("roads", None, False),
    ],
)
def test_a_rule_is_about_its_category_and_those_below(
    category: str, about: str | None, expected: bool
) -> None:
    assert rules(line(category=category))[0].is_about(about) is expected


@pytest.mark.parametrize(
    ("region", "at", "is_told", "expected"),
    [
        ("", None, False, True),
        ("36", "36", True, True),
        ("36", "36.03", True, True),
        ("36.03", "36", True, False),
        ("36.03", "36.03", True, True),
        ("36", None, True, False),
        ("known", "36", True, True),
        ("known", None, True, False),
        ("several", None, True, True),
        ("several", None, False, False),
        ("several", "36", True, False),
        ("none", None, False, True),
        ("none", None, True, False),
    ],
)
def test_a_rule_is_for_its_regions(
    region: str, at: str | None, is_told: bool, expected: bool
) -> None:
    assert rules(line(region=region))[0].is_at(at, is_told=is_told) is expected


@pytest.mark.parametrize("name", ["Road", "road-1", "1road", "two words", "", "a" * 41])
def test_a_rule_without_a_plain_name_is_refused(name: str) -> None:
    assert refusal(line(rule=name)) == [
        f"line 2, column rule: {name!r}; write a name of a-z, 0-9 and _, such as national_road"
    ]


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_rule_named_like_a_built_in_one_is_refused(name: str) -> None:
    assert refusal(line(rule=name)) == [
        f"line 2, column rule: {name!r}; write another name; this one is built in"
    ]


def test_every_verdict_is_a_built_in_name() -> None:
    assert set(BuiltInRule) <= BUILT_IN


def test_two_rules_of_one_name_are_refused() -> None:
    assert refusal(GOOD, line(rule="other_road"), GOOD) == [
        "line 4, column rule: 'road'; write another name; line 2 has it"
    ]


def test_an_unknown_category_is_refused() -> None:
    assert refusal(line(category="roads.lights")) == [
        "line 2, column category: 'roads.lights';"
        " write a category of taxonomy.csv, or nothing for all"
    ]


@pytest.mark.parametrize("column", ["words", "unless"])
@pytest.mark.parametrize("cell", [";", " ; ", "aspal;?", "-"])
def test_phrases_that_no_text_can_hold_are_refused(column: str, cell: str) -> None:
    assert refusal(line(**{column: cell})) == [
        f"line 2, column {column}: {cell.strip()!r};"
        " write phrases of letters or digits with a semicolon between, or nothing"
    ]


@pytest.mark.parametrize("region", ["99", "3603", "known;36", "none;known", "somewhere", ";"])
def test_an_unknown_region_is_refused(region: str) -> None:
    assert refusal(line(region=region)) == [
        f"line 2, column region: {region!r};"
        " write region codes of the directory, or one of known, several, none"
    ]


@pytest.mark.parametrize("institution", ["kab-9999", "@nobody", "", "PU"])
def test_an_unknown_institution_is_refused(institution: str) -> None:
    assert refusal(line(institution=institution)) == [
        f"line 2, column institution: {institution!r};"
        f" write a code of the directory, or one of {TARGETS}"
    ]


@pytest.mark.parametrize("trust", ["", "1.5", "-0.1", "0.1234", "high", "nan", "2"])
def test_trust_that_is_no_number_from_0_to_1_is_refused(trust: str) -> None:
    assert refusal(line(trust=trust)) == [
        f"line 2, column trust: {trust!r}; write a number from 0 to 1, such as 0.9"
    ]


def test_a_rule_without_its_reason_is_refused() -> None:
    assert refusal(line(because=" ")) == [
        "line 2, column because: ''; write the law, or the reason, that an official can check"
    ]


def test_a_unit_of_more_than_100_characters_is_refused() -> None:
    assert rules(line(unit="x" * MAX_UNIT))[0].unit == "x" * MAX_UNIT
    [problem] = refusal(line(unit="x" * (MAX_UNIT + 1)))
    assert problem.startswith("line 2, column unit: 'xxx")
    assert problem.endswith("; write at most 100 characters")


def test_a_comma_in_a_cell_without_quotes_is_refused() -> None:
    assert refusal(f"{GOOD}, and another") == [
        "line 2: '10 cells'; write 9; quote a cell that holds a comma"
    ]


def test_all_wrong_cells_are_named_at_once() -> None:
    wrong = refusal("Road,x,;,-,y,z,,two,", GOOD, line(rule="given", trust="9"))

    assert [problem.split(": ")[0] for problem in wrong] == [
        "line 2, column rule",
        "line 2, column words",
        "line 2, column unless",
        "line 2, column category",
        "line 2, column region",
        "line 2, column institution",
        "line 2, column trust",
        "line 2, column because",
        "line 4, column rule",
        "line 4, column trust",
    ]


def test_a_table_without_a_line_is_refused() -> None:
    assert refusal() == ["line 2: 'no line'; write one rule per line"]


def test_there_are_at_most_300_rules() -> None:
    lines = [line(rule=f"rule_{number}") for number in range(MOST + 1)]

    assert len(rules(*lines[:-1])) == MOST
    assert refusal(*lines) == ["line 1: '301 rules'; write at most 300"]


good_lines = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["", "roads", "roads.damage"]),
        "words": st.sampled_from(["", "jalan rusak", "jalan rusak; aspal"]),
        "unless": st.sampled_from(["", "tol"]),
        "region": st.sampled_from(["", "36", "36; 36.03", "known", "several", "none"]),
        "institution": st.sampled_from([*RuleTarget, "kem-027"]),
        "unit": st.sampled_from(["", "x" * MAX_UNIT]),
        "trust": st.sampled_from(["0", "1", ".5", "0.75", "1.000"]),
    }
)
cells = st.one_of(
    st.sampled_from([*GOOD.split(","), *RuleTarget, ";", "known", '"', "\n"]), st.text()
)
lines_of_any_cells = st.lists(cells, max_size=10).map(",".join)


@given(st.lists(good_lines, min_size=1, max_size=5))
def test_any_table_of_good_lines_is_read(rows: list[dict[str, str]]) -> None:
    found = rules(*(line(rule=f"rule_{number}", **row) for number, row in enumerate(rows)))

    assert [rule.institution for rule in found] == [row["institution"] for row in rows]


@given(st.lists(good_lines.map(lambda row: line(**row)) | lines_of_any_cells, max_size=4))
def test_any_table_is_read_or_refused(lines: list[str]) -> None:
    refused, found = "", 0
    try:
        found = len(rules(*lines))
    except Misconfigured as error:
        refused = str(error)

    assert "; write " in refused or found > 0

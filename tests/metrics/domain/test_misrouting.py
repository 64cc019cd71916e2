"""Misrouting as it is exported: sums stay, and every label comes from a bounded set."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.counts import CaseCounts, CountedFacts
from services.metrics.domain.labels import NONE, OTHER
from services.metrics.domain.misrouting import OLDER, RoutingCourse, decided, hops, misrouted
from services.metrics.domain.parts import RecountScope
from services.metrics.domain.routing import Routing
from shared.contracts.case import Outcome, Status
from tests.support.builders import START

routings = st.builds(
    Routing,
    rule=st.sampled_from(["roads", "water", "unsure"]),
    version=st.sampled_from(["v1", "v2", ""]),
    model=st.sampled_from(["m1", "m2"]),
    outcome=st.sampled_from([Outcome.ROUTED, Outcome.TRIAGED]),
    transfers=st.integers(0, 2),
    corrections=st.integers(0, 2),
    category_changes=st.integers(0, 1),
)


def cell(
    day: int = 0, *, cases: int = 1, partition: int = 0, hops: int = 0, **names: object
) -> CountedFacts:
    values = {"rule": "roads", "version": "v1", "model": "m1", "outcome": Outcome.ROUTED}
    return CountedFacts(
        partition=partition,
        month="2026-03",
        institution="kab-3603",
        category=None,
        status=Status.ROUTED,
        hops=hops,
        routing=Routing.model_validate(values | names),
        cases=cases,
        latest=START + timedelta(days=day),
    )


cells = st.lists(
    st.builds(
        lambda routing, hops, cases, partition: cell(
            cases=cases, partition=partition, hops=hops
        )._replace(routing=routing),
        st.one_of(st.none(), routings),
        st.integers(0, 5),
        st.integers(1, 9),
        st.integers(0, 2),
    ),
    max_size=12,
)


def counted(
    found: list[CountedFacts], rules: int = 100, versions: int = 5
) -> Counter[RoutingCourse]:
    counts = CaseCounts()
    for partition in {one.partition for one in found}:
        counts.replace(
            RecountScope(partition), [one for one in found if one.partition == partition]
        )
    return counts.courses(rules, versions)


@given(cells, st.integers(1, 3), st.integers(1, 3))
def test_every_decided_case_is_counted_once_whatever_is_named(
    found: list[CountedFacts], rules: int, versions: int
) -> None:
    courses = counted(found, rules, versions)

    known = sum(one.cases for one in found if one.routing is not None)
    assert sum(decided(courses).values()) == known
    assert sum(hops(courses).values()) == known


@given(cells)
def test_signs_are_counted_by_case_not_by_how_often(found: list[CountedFacts]) -> None:
    wanted = {
        "transfer": sum(c.cases for c in found if c.routing and c.routing.transfers),
        "correction": sum(c.cases for c in found if c.routing and c.routing.corrections),
    }

    shown: Counter[str] = Counter()
    for labels, cases in misrouted(counted(found)).items():
        shown[labels[-1]] += cases

    assert {kind: shown[kind] for kind in wanted} == wanted


@given(cells)
def test_replicas_add_up_to_what_one_alone_would_show(found: list[CountedFacts]) -> None:
    alone = counted(found, versions=6)
    together: Counter[RoutingCourse] = Counter()
    for partition in range(3):
        together += counted([c for c in found if c.partition == partition], versions=6)

    assert together == alone


@given(cells)
def test_replicas_that_name_different_versions_still_add_up_by_rule_and_kind(
    found: list[CountedFacts],
) -> None:
    alone, together = counted(found, versions=1), Counter[RoutingCourse]()
    for partition in range(3):
        together += counted([c for c in found if c.partition == partition], versions=1)

    def unnamed(courses: Counter[RoutingCourse]) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        for (rule, _, _, *rest), cases in misrouted(courses).items():
            sums[rule, *rest] += cases
        return sums

    assert unnamed(together) == unnamed(alone)


def test_the_labels_are_rule_version_model_outcome_and_kind() -> None:
    courses = counted([cell(transfers=1, hops=1, cases=3), cell(cases=4)])
    origin = ("roads", "v1", "m1", "routed")

    assert decided(courses) == {origin: 7}
    assert misrouted(courses) == {
        (*origin, "transfer"): 3,
        (*origin, "any"): 3,
        (*origin, "correction"): 0,
        (*origin, "category"): 0,
    }
    assert hops(courses) == {
        ("roads", "routed", "0"): 4,
        ("roads", "routed", "1"): 3,
        ("roads", "routed", "2"): 0,
        ("roads", "routed", "3+"): 0,
    }


def test_only_what_was_in_triage_can_be_overruled_or_confirmed() -> None:
    courses = counted([cell(outcome=Outcome.TRIAGED, overruled=1), cell()])

    kinds = {(labels[3], labels[4]) for labels in misrouted(courses)}
    assert {kind for outcome, kind in kinds if outcome == "triaged"} - {
        kind for outcome, kind in kinds if outcome == "routed"
    } == {"overruled", "confirmed"}


def test_three_hops_and_more_are_one_label() -> None:
    courses = counted([cell(hops=number) for number in (2, 3, 7, 500)])

    assert hops(courses)["roads", "routed", "3+"] == 3


def test_of_a_hundred_versions_the_newest_five_are_named() -> None:
    # The newest has one case, the oldest many: it is the age that counts.
    found = [cell(day, version=f"v{day}", cases=200 - day) for day in range(120)]

    shown = decided(counted(found))

    assert {labels[1] for labels in shown} == {"v115", "v116", "v117", "v118", "v119", OLDER}
    assert shown["roads", OLDER, OLDER, "routed"] == sum(200 - day for day in range(115))


def test_a_version_that_is_taken_up_again_is_the_newest_again() -> None:
    found = [cell(day, version=f"v{day}") for day in range(6)]

    before = decided(counted(found))
    after = decided(counted([*found, cell(9, version="v0", partition=1)]))

    assert ("roads", "v0", "m1", "routed") not in before
    assert after["roads", "v0", "m1", "routed"] == 2
    assert ("roads", "v1", "m1", "routed") not in after


def test_of_many_rules_the_largest_are_named() -> None:
    shown = decided(counted([cell(rule=f"rule_{n}", cases=n + 1) for n in range(150)], rules=100))

    assert len(shown) == 101
    assert shown[OTHER, "v1", "m1", "routed"] == sum(range(1, 51))


def test_labels_are_bounded_however_many_names_there_are() -> None:
    found = [
        cell(day, rule=f"rule_{day % 130}", version=f"v{day % 110}", model=f"m{day % 7}", hops=day)
        for day in range(1_000)
    ]

    courses = counted(found)

    assert len(decided(courses)) <= 101 * 6
    assert len(misrouted(courses)) <= 101 * 6 * 4
    assert len(hops(courses)) <= 101 * 4


def test_what_has_not_the_form_of_a_name_is_no_label() -> None:
    texts = ("Pak Budi, Jl. Mawar 3", "a" * 41, 'x"} 1', "Roads\n")
    found = [cell(rule=text, version=text, model=text) for text in texts]

    assert decided(counted(found)) == {(OTHER, OTHER, OTHER, "routed"): 4}


def test_a_decision_without_a_classifier_has_the_model_none() -> None:
    assert list(decided(counted([cell(model="")]))) == [("roads", "v1", NONE, "routed")]


def test_a_fact_that_tells_no_decision_is_in_no_count_of_decisions() -> None:
    assert counted([cell()._replace(routing=None)]) == Counter()

"""Counts: equal to counting everything anew, whatever was renewed in whichever order."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.counts import CaseCounts, CountedFacts, RecountQuery, plan
from services.metrics.domain.labels import NONE, OTHER
from services.metrics.domain.parts import RecountScope
from services.metrics.domain.routing import Routing
from shared.contracts.case import Outcome, Status
from tests.support.builders import START

ROADS = Routing(
    rule="roads", version="v1", model="m1", outcome=Outcome.ROUTED, transfers=1, corrections=2
)
GUESSED = Routing(rule="unsure", version="v1", model="m2", outcome=Outcome.TRIAGED, overruled=1)
cells = st.builds(
    CountedFacts,
    partition=st.integers(0, 2),
    month=st.sampled_from(["2026-01", "2026-02"]),
    institution=st.sampled_from([None, "kab-3603", "prov-36"]),
    category=st.sampled_from([None, "roads.damage", "water"]),
    status=st.sampled_from(Status),
    hops=st.integers(0, 5),
    routing=st.sampled_from([None, ROADS, GUESSED]),
    cases=st.integers(1, 50),
    latest=st.just(START),
    former=st.sampled_from([(), ("prov-36",), ("kem-014", "prov-36")]),
    overdue=st.booleans(),
)
databases = st.lists(cells, max_size=12)
scopes = st.builds(RecountScope, st.integers(0, 2), st.sampled_from([None, "2026-01", "2026-02"]))


def cell(institution: str | None = "kab-3603", **changes: object) -> CountedFacts:
    values = {
        "partition": 0,
        "month": "2026-01",
        "institution": institution,
        "category": "roads.damage",
        "status": Status.ROUTED,
        "hops": 0,
        "routing": ROADS,
        "cases": 1,
        "latest": START,
    }
    return CountedFacts(**(values | changes))  # type: ignore[arg-type]  # a table of fields


def within(scope: RecountScope, found: list[CountedFacts]) -> list[CountedFacts]:
    return [c for c in found if c.partition == scope.partition and scope.month in (None, c.month)]


def anew(found: list[CountedFacts]) -> CaseCounts:
    counts = CaseCounts()
    for partition in range(3):
        counts.replace(RecountScope(partition), within(RecountScope(partition), found))
    return counts


def shown(counts: CaseCounts) -> dict[tuple[str, Status], int]:
    return {key: cases for key, cases in counts.by_agency().items() if cases}


def expected(found: list[CountedFacts]) -> dict[tuple[str, Status], int]:
    total: Counter[tuple[str, Status]] = Counter()
    for one in found:
        total[one.institution or NONE, one.status] += one.cases
    return dict(total)


@given(databases, databases, st.lists(scopes, max_size=8))
def test_renewed_scopes_agree_with_a_count_from_scratch(
    before: list[CountedFacts], after: list[CountedFacts], touched: list[RecountScope]
) -> None:
    counts = anew(before)
    now = before
    for scope in touched:
        now = [c for c in now if c not in within(scope, now)] + within(scope, after)
        counts.replace(scope, within(scope, after))

    assert shown(counts) == expected(now)
    assert counts.courses(9, 9) == anew(now).courses(9, 9)
    assert counts.transferred() == anew(now).transferred()
    assert counts.overdue() == anew(now).overdue()


@given(databases, st.frozensets(st.integers(0, 2)))
def test_other_partitions_are_dropped(database: list[CountedFacts], held: frozenset[int]) -> None:
    counts = anew(database)

    counts.keep(held)

    kept = [c for c in database if c.partition in held]
    assert shown(counts) == expected(kept)
    assert counts.courses(9, 9) == anew(kept).courses(9, 9)


@given(databases, st.integers(1, 3))
def test_categories_and_agencies_sum_to_the_same(database: list[CountedFacts], most: int) -> None:
    counts = anew(database)

    total = sum(c.cases for c in database)
    assert sum(counts.by_agency().values()) == total
    assert sum(counts.by_category(most).values()) == total


def test_an_institution_shows_all_statuses_and_vanishes_with_its_last_case() -> None:
    counts = CaseCounts()
    counts.replace(RecountScope(0), [cell("kab-3603"), cell("prov-36")])
    counts.replace(RecountScope(0, "2026-01"), [cell("prov-36", status=Status.COMPLETED)])

    assert counts.by_agency() == {
        ("prov-36", status): int(status is Status.COMPLETED) for status in Status
    }


def test_transfers_count_where_a_case_is_and_where_it_was() -> None:
    counts = CaseCounts()
    counts.replace(
        RecountScope(0),
        [
            cell("prov-36", former=("kab-3603", "kem-014"), cases=3),
            cell("kab-3603", cases=2),
            cell(None, former=("kab-3603",)),
        ],
    )

    assert {key: cases for key, cases in counts.transferred().items() if cases} == {
        ("prov-36", "in"): 3,
        ("none", "in"): 1,
        ("kab-3603", "out"): 4,
        ("kem-014", "out"): 3,
    }
    assert counts.transferred()["kab-3603", "in"] == 0


def test_overdue_cases_count_at_their_holder_and_the_others_show_zero() -> None:
    counts = CaseCounts()
    counts.replace(
        RecountScope(0), [cell("prov-36", cases=3, overdue=True), cell("prov-36"), cell(None)]
    )

    assert counts.overdue() == {("none",): 0, ("prov-36",): 3}


def test_triage_and_a_missing_category_are_none() -> None:
    counts = CaseCounts()
    counts.replace(RecountScope(0), [cell(None, category=None)])

    assert counts.by_agency()["none", Status.ROUTED] == 1
    assert counts.by_category(10)["none", Status.ROUTED] == 1


def test_small_categories_are_summed_as_other() -> None:
    counts = CaseCounts()
    sizes = {"roads": 9, "water": 5, "energy": 2, "markets": 2}
    counts.replace(RecountScope(0), [cell(category=name, cases=n) for name, n in sizes.items()])

    found = counts.by_category(2)

    assert {label for label, _ in found} == {"roads", "water", OTHER}
    assert found[OTHER, Status.ROUTED] == 4


def test_sub_categories_are_summed_as_their_main_category() -> None:
    counts = CaseCounts()
    names = ("roads", "roads.damage", "roads.street_light", "water.leak")
    counts.replace(RecountScope(0), [cell(category=name) for name in names])

    found = counts.by_category(10)

    assert {label: found[label, Status.ROUTED] for label, _ in found} == {"roads": 3, "water": 1}


def test_an_officers_own_words_are_no_label() -> None:
    counts = CaseCounts()
    words = ("Pak Budi, Jl. Mawar 3", "081234567890", "a" * 41, "roads.", "air-bersih")
    counts.replace(RecountScope(0), [cell(category=text) for text in words])

    assert {label for label, _ in counts.by_category(10)} == {OTHER}


@given(st.lists(scopes))
def test_a_plan_covers_every_stale_scope(stale: list[RecountScope]) -> None:
    covered = {scope for query in plan(stale) for scope in query.scopes}

    assert all(scope in covered or RecountScope(scope.partition) in covered for scope in stale)


def test_a_plan_counts_a_month_over_all_its_partitions_at_once() -> None:
    stale = [
        RecountScope(2, "2026-01"),
        RecountScope(1, "2026-01"),
        RecountScope(0),
        RecountScope(0, "2026-01"),
    ]

    assert plan(stale) == [RecountQuery((0,)), RecountQuery((1, 2), "2026-01")]

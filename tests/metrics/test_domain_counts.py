"""Counts: equal to counting everything anew, whatever was renewed in whichever order."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.counts import NONE, OTHER, Cell, Counts, Query, Scope, plan
from shared.case import Status

cells = st.builds(
    Cell,
    partition=st.integers(0, 2),
    month=st.sampled_from(["2026-01", "2026-02"]),
    institution=st.sampled_from([None, "kab-3603", "prov-36"]),
    category=st.sampled_from([None, "jalan", "air"]),
    status=st.sampled_from(Status),
    cases=st.integers(1, 50),
)
databases = st.lists(cells, max_size=12)
scopes = st.builds(Scope, st.integers(0, 2), st.sampled_from([None, "2026-01", "2026-02"]))


def cell(institution: str | None = "kab-3603", **changes: object) -> Cell:
    values = {
        "partition": 0,
        "month": "2026-01",
        "institution": institution,
        "category": "jalan",
        "status": Status.ROUTED,
        "cases": 1,
    }
    return Cell(**(values | changes))  # type: ignore[arg-type]  # a table of fields


def within(scope: Scope, found: list[Cell]) -> list[Cell]:
    return [c for c in found if c.partition == scope.partition and scope.month in (None, c.month)]


def shown(counts: Counts) -> dict[tuple[str, Status], int]:
    return {key: cases for key, cases in counts.by_agency().items() if cases}


def expected(found: list[Cell]) -> dict[tuple[str, Status], int]:
    total: Counter[tuple[str, Status]] = Counter()
    for one in found:
        total[one.institution or NONE, one.status] += one.cases
    return dict(total)


@given(databases, databases, st.lists(scopes, max_size=8))
def test_renewed_scopes_agree_with_a_count_from_scratch(
    before: list[Cell], after: list[Cell], touched: list[Scope]
) -> None:
    counts = Counts()
    for partition in range(3):
        counts.replace(Scope(partition), within(Scope(partition), before))
    now = before
    for scope in touched:
        now = [c for c in now if c not in within(scope, now)] + within(scope, after)
        counts.replace(scope, within(scope, after))

    assert shown(counts) == expected(now)


@given(databases, st.frozensets(st.integers(0, 2)))
def test_other_partitions_are_dropped(database: list[Cell], held: frozenset[int]) -> None:
    counts = Counts()
    for partition in range(3):
        counts.replace(Scope(partition), within(Scope(partition), database))

    counts.keep(held)

    assert shown(counts) == expected([c for c in database if c.partition in held])


@given(databases, st.integers(1, 3))
def test_categories_and_agencies_sum_to_the_same(database: list[Cell], most: int) -> None:
    counts = Counts()
    for partition in range(3):
        counts.replace(Scope(partition), within(Scope(partition), database))

    total = sum(c.cases for c in database)
    assert sum(counts.by_agency().values()) == total
    assert sum(counts.by_category(most).values()) == total


def test_an_institution_shows_all_statuses_and_vanishes_with_its_last_case() -> None:
    counts = Counts()
    counts.replace(Scope(0), [cell("kab-3603"), cell("prov-36")])
    counts.replace(Scope(0, "2026-01"), [cell("prov-36", status=Status.COMPLETED)])

    assert counts.by_agency() == {
        ("prov-36", status): int(status is Status.COMPLETED) for status in Status
    }


def test_triage_and_a_missing_category_are_none() -> None:
    counts = Counts()
    counts.replace(Scope(0), [cell(None, category=None)])

    assert counts.by_agency()["none", Status.ROUTED] == 1
    assert counts.by_category(10)["none", Status.ROUTED] == 1


def test_small_categories_are_summed_as_other() -> None:
    counts = Counts()
    sizes = {"jalan": 9, "air": 5, "listrik": 2, "pasar": 2}
    counts.replace(Scope(0), [cell(category=name, cases=n) for name, n in sizes.items()])

    found = counts.by_category(2)

    assert {label for label, _ in found} == {"jalan", "air", OTHER}
    assert found[OTHER, Status.ROUTED] == 4


def test_an_officers_own_words_are_no_label() -> None:
    counts = Counts()
    words = ("Pak Budi, Jl. Mawar 3", "081234567890", "a" * 41)
    counts.replace(Scope(0), [cell(category=text) for text in words])

    assert {label for label, _ in counts.by_category(10)} == {OTHER}


@given(st.lists(scopes))
def test_a_plan_covers_every_stale_scope(stale: list[Scope]) -> None:
    covered = {scope for query in plan(stale) for scope in query.scopes}

    assert all(scope in covered or Scope(scope.partition) in covered for scope in stale)


def test_a_plan_counts_a_month_over_all_its_partitions_at_once() -> None:
    stale = [Scope(2, "2026-01"), Scope(1, "2026-01"), Scope(0), Scope(0, "2026-01")]

    assert plan(stale) == [Query((0,)), Query((1, 2), "2026-01")]

"""The figures that a definition implies, counted from its cohorts alone: nothing was fed for it."""

from collections import defaultdict
from collections.abc import Iterable

from deploy.dev.replay.scenario import Cohort, Figure, Question
from deploy.dev.replay.sources.table import Counts, CountTable, in_tier, table_of, value_of


def expected_table(cohorts: Iterable[Cohort], question: Question) -> CountTable:
    """Return the table that these cohorts must give."""
    counts: dict[str, Counts] = defaultdict(Counts)
    for one in cohorts:
        if question.covers(one) and is_about(one.category, question.category):
            _count(counts, one, question)
    return table_of(counts, question.by)


def expected_value(cohorts: Iterable[Cohort], figure: Figure) -> str:
    """Return the figure that these cohorts must give."""
    table = expected_table(cohorts, figure.question)
    return value_of(table, figure, table)


def is_about(category: str, wanted: str | None) -> bool:
    """Tell whether a category is the one asked for, or a part of it."""
    return wanted is None or category == wanted or category.startswith(f"{wanted}.")


def _count(counts: dict[str, Counts], one: Cohort, question: Question) -> None:
    if question.institution is not None:
        if question.institution == one.institution and one.unit is not None:
            counts[one.unit].statuses[one.course.status.value] += one.count
        return
    if in_tier(one.institution, question.tier):
        counts[one.institution].statuses[one.course.status.value] += one.count
        counts[one.institution].transferred_in += one.count if one.origin else 0
    if one.origin and in_tier(one.origin, question.tier):
        counts[one.origin].transferred_out += one.count

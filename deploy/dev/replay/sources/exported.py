"""What the metrics export: counts, from which rates and ranks are computed here."""

from collections import defaultdict
from collections.abc import Sequence

from deploy.dev.local.scrape import samples
from deploy.dev.replay.scenario import Cohort, Question
from deploy.dev.replay.sources.table import Counts, CountTable, in_tier, row_of, table_of


def metrics_table(texts: Sequence[str], question: Question) -> CountTable:
    """Return the table that the exported counts give; one line for a main category."""
    if question.category is not None:
        total = Counts()
        for labels, cases in samples(texts, "salur_cases_by_category"):
            if labels["category"] == question.category:
                total.statuses[labels["status"]] += cases
        return CountTable({}, row_of(total))
    counts: dict[str, Counts] = defaultdict(Counts)
    for labels, cases in samples(texts, "salur_cases"):
        if labels["agency"] != "none" and in_tier(labels["agency"], question.tier):
            counts[labels["agency"]].statuses[labels["status"]] += cases
    for labels, cases in samples(texts, "salur_transferred_cases"):
        if in_tier(labels["agency"], question.tier):
            one = counts[labels["agency"]]
            one.transferred_in += cases if labels["direction"] == "in" else 0
            one.transferred_out += cases if labels["direction"] == "out" else 0
    return table_of(counts, question.by)


def is_in_metrics(question: Question, cohorts: Sequence[Cohort]) -> bool:
    """Tell whether the metrics can answer: they know no periods, units or parts of a category."""
    if question.institution is not None or "." in (question.category or ""):
        return False
    return all(question.covers(one) for one in cohorts)

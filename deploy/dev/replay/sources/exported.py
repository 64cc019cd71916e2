"""What the metrics export: counts, from which rates and ranks are computed here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from deploy.dev.replay.scenario import Cohort, Question
from deploy.dev.replay.sources.table import Counts, CountTable, in_tier, row_of, table_of

Sample = tuple[Mapping[str, str], int]


async def scraped(urls: Sequence[str]) -> list[str]:
    """Return the text of `/metrics` of every instance; empty where one does not answer."""
    texts = []
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for url in urls:
            try:
                async with session.get(f"{url}/metrics") as answer:
                    texts.append(await answer.text())
            except (aiohttp.ClientError, TimeoutError):
                texts.append("")
    return texts


def samples(texts: Sequence[str], name: str) -> list[Sample]:
    """Return labels and value of every sample of a metric."""
    return [
        (sample.labels, round(sample.value))
        for text in texts
        for family in text_string_to_metric_families(text)
        if family.name == name
        for sample in family.samples
    ]


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

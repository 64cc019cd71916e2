"""The counts as a monitoring system reads them: `/metrics` of every instance."""

from collections.abc import Iterable, Mapping

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[Mapping[str, str], int]


async def scraped(urls: Iterable[str]) -> list[str]:
    """Return the text of `/metrics` of every instance; empty where one does not answer."""
    texts = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        for url in urls:
            try:
                async with session.get(f"{url}/metrics") as answer:
                    texts.append(await answer.text())
            except (aiohttp.ClientError, TimeoutError):
                texts.append("")
    return texts


def samples(texts: Iterable[str], name: str) -> list[Sample]:
    """Return labels and value of every sample of a metric."""
    return [
        (sample.labels, round(sample.value))
        for text in texts
        for family in text_string_to_metric_families(text)
        if family.name == name
        for sample in family.samples
    ]


async def counted(urls: Iterable[str]) -> int:
    """Return the sum of `salur_cases` over all metrics instances."""
    return sum(cases for _, cases in samples(await scraped(urls), "salur_cases"))

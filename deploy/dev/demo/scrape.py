"""The counts as a monitoring system reads them: `salur_cases`, summed over everything."""

from collections.abc import Iterable

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

CASES = "salur_cases"


async def counted(urls: Iterable[str]) -> int:
    """Return the sum over all metrics instances; one that does not answer adds nothing."""
    total = 0
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for url in urls:
            try:
                async with session.get(f"{url}/metrics") as response:
                    total += sum_of_cases(await response.text())
            except (aiohttp.ClientError, TimeoutError):
                continue
    return total


def sum_of_cases(text: str) -> int:
    """Return the sum of `salur_cases` over all labels of an exposition."""
    return round(
        sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == CASES
        )
    )

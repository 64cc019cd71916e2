"""Reads /metrics of every service, as a monitoring system does."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import aiohttp

from deploy.dev.chaos.oracle.leaks import marks_in

CASES = "salur_cases{"
# An instance that was cut off is believed dead after a session; for about as long two may export.
SURPLUS_SECONDS = 4.0


class Scraper:
    """Reads /metrics as a monitoring system does; `salur_cases` is summed over all instances."""

    def __init__(self, counting: Sequence[str], others: Sequence[str]) -> None:
        self._counting = counting
        self._others = others
        self._surplus_since: float | None = None
        self.counts: Mapping[str, int] = {}
        self.leaks: list[str] = []
        self.surpluses: list[str] = []

    async def scrape(self, sent: int) -> None:
        """Read all instances once; `sent` is how many complaints had been sent by then."""
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            texts = await asyncio.gather(
                *(_text(session, url) for url in (*self._counting, *self._others))
            )
        for url, text in zip((*self._counting, *self._others), texts, strict=True):
            self.leaks += [f"{url}/metrics: {mark}" for mark in marks_in(text.encode())]
        self.counts = _counts(texts[: len(self._counting)])
        self._note_surplus(sum(self.counts.values()) - sent)

    def _note_surplus(self, surplus: int) -> None:
        if surplus <= 0:
            self._surplus_since = None
            return
        now = time.monotonic()
        since = self._surplus_since = self._surplus_since or now
        if now - since > SURPLUS_SECONDS and since < float("inf"):
            self.surpluses.append(f"{surplus} too many for {now - since:.0f} s")
            self._surplus_since = float("inf")  # said once, until it has ended


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(f"{url}/metrics") as answer:
            return await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return ""


def _counts(texts: Iterable[str]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for text in texts:
        for line in text.splitlines():
            if line.startswith(CASES):
                agency = line.partition('agency="')[2].partition('"')[0]
                found[agency] += round(float(line.rpartition(" ")[2]))
    return +found

"""Waits until metrics has counted everything that was fed, or until nothing moves any more."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from deploy.dev.local.scrape import samples, scraped
from deploy.dev.replay.feeder import HolderStatus

LOOK_SECONDS = 0.5
QUIET_SECONDS = 2.0  # for which everything must stay as it is
STALLED_SECONDS = 60.0  # without any change: what is missing then does not come
WATCHED = frozenset({"router", "metrics"})


async def until_counted(
    urls: Sequence[str],
    fed: Mapping[HolderStatus, int],
    *,
    quiet: float = QUIET_SECONDS,
    stalled: float = STALLED_SECONDS,
) -> bool:
    """Wait for the counts of what was fed and for empty queues; False if they never come."""
    seen: tuple[Mapping[HolderStatus, int], int] | None = None
    changed = time.monotonic()
    while True:
        texts = await scraped(urls)
        found = counted(texts), lag(texts)
        if found != seen:
            seen, changed = found, time.monotonic()
        still = time.monotonic() - changed
        if found == (fed, 0) and still >= quiet:
            return True
        if still >= stalled:
            return False
        await asyncio.sleep(LOOK_SECONDS)


def counted(texts: Sequence[str]) -> Counter[HolderStatus]:
    """Return how many complaints stand how, as the metrics say."""
    found: Counter[HolderStatus] = Counter()
    for labels, cases in samples(texts, "salur_cases"):
        found[labels["agency"], labels["status"]] += cases
    return +found


def lag(texts: Sequence[str]) -> int:
    """Return how many records router and metrics have before them; -1 where nobody says."""
    found = [
        records
        for labels, records in samples(texts, "kafka_consumergroup_lag")
        if labels["consumergroup"] in WATCHED
    ]
    return sum(found) if found else -1

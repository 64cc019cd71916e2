"""Forgets submissions that never reached Kafka and that nobody repeats: who wrote them, and all.

Their callers were told 503 or nothing, so nothing was promised. Several intakes may do it at once.
"""

import logging
from datetime import datetime, timedelta

from services.intake.ports import IntakePorts

log = logging.getLogger(__name__)
MOST = 200  # at a time
MOST_PAGES = 20  # in one turn; what is left waits for the next
SECONDS = 600.0  # between turns


class SubmissionSweep:
    """Goes through submissions without a mark whose callers have been silent for `after`."""

    def __init__(self, ports: IntakePorts, *, after: timedelta) -> None:
        self._unsent = ports.unsent
        self._clock = ports.clock
        self._after = after

    async def turn(self) -> None:
        """Mark what has a case, forget all else; Transient: again later.

        While no young complaint has a case nothing is done: routers stand still, or cases were lost
        and are not restored yet, and what Kafka has would look as if it had never come there.
        """
        before, forgotten = self._clock.now() - self._after, 0
        if not await self._unsent.has_case_since(before):
            return
        for _ in range(MOST_PAGES):
            found, gone = await self._page(before)
            forgotten += gone
            if found < MOST:
                break
        if forgotten:
            log.info("%d submissions that never reached Kafka are forgotten", forgotten)

    async def _page(self, before: datetime) -> tuple[int, int]:
        """Return how many were found, and how many of them forgotten."""
        ids = frozenset(await self._unsent.unsent(before=before, most=MOST))
        if not ids:
            return 0, 0
        arrived = await self._unsent.with_case(ids)
        if arrived:  # only the mark was lost
            await self._unsent.mark(arrived)
        silent = ids - arrived
        return len(ids), await self._unsent.forget(silent, before=before) if silent else 0

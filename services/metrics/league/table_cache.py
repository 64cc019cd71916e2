"""Tables on demand: what many ask for at once is read once, and never more than two at a time.

A table is exact for the moment `as_of`, when its reading began; it is answered for a few seconds.
"""

import asyncio
from collections.abc import Callable, Set
from datetime import datetime
from functools import partial
from typing import NamedTuple

from services.metrics.league.store import Cohort, GroupStore
from services.metrics.league.tallies import (
    Tallies,
    by_institution,
    by_unit,
    shown_units,
)
from shared.errors import Transient
from shared.reference.accepted_units import AcceptedUnitReader
from shared.runtime.clock import Clock

AT_ONCE = 2  # aggregations: the stage writes its facts to the same database
MOST_KEPT = 16  # tables, the latest asked for
MOST_SECONDS = 20.0  # that a caller waits, its turn included
MOST_WAITING = 32  # readings begun and not ended


class CountedTable(NamedTuple):
    """Who holds how much, and as of when."""

    tallies: Tallies
    as_of: datetime


class ShownUnits:
    """Which units a table may name: known ones with at least `least` cases."""

    def __init__(self, reader: AcceptedUnitReader, of_rules: Set[str], least: int) -> None:
        self._reader = reader
        self._of_rules = of_rules
        self._least = least

    async def of(self, institution: str) -> Callable[[Tallies], Tallies]:
        """Return what leaves the others out; DatabaseAway where the register cannot be read."""
        accepted = (await self._reader.accepted(institution)).get(institution, frozenset())
        return partial(shown_units, known=accepted | self._of_rules, least=self._least)


class TableCache:
    """Counts cohorts, and keeps each for `seconds`; DatabaseAway is passed on and not kept."""

    def __init__(
        self, store: GroupStore, clock: Clock, seconds: float, *, units: ShownUnits
    ) -> None:
        self._units = units
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._kept: dict[Cohort, tuple[float, asyncio.Task[CountedTable]]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def count(self, cohort: Cohort) -> CountedTable:
        """Return the tallies of a cohort; Transient where that takes too long."""
        try:
            async with asyncio.timeout(MOST_SECONDS):
                # Shielded: that one caller leaves must not fail the others.
                return await asyncio.shield(self._reading(cohort))
        except TimeoutError:
            raise Transient(f"no table within {MOST_SECONDS:g} s") from None

    def _reading(self, cohort: Cohort) -> asyncio.Task[CountedTable]:
        now = asyncio.get_running_loop().time()
        self._drop_old(now)
        if cohort not in self._kept:
            if sum(not task.done() for _, task in self._kept.values()) >= MOST_WAITING:
                raise Transient("too many tables are asked for at once")
            task = asyncio.create_task(self._read(cohort))
            task.add_done_callback(lambda done: self._ended(cohort, done))
            self._kept[cohort] = now + self._seconds, task
        return self._kept[cohort][1]

    async def _read(self, cohort: Cohort) -> CountedTable:
        async with self._turns:
            as_of = self._clock.now()
            groups = await self._store.groups(cohort)
            if cohort.institution is None:
                return CountedTable(await asyncio.to_thread(by_institution, groups), as_of)
            shown = await self._units.of(cohort.institution)
            tallies = await asyncio.to_thread(by_unit, groups, cohort.institution)
            return CountedTable(shown(tallies), as_of)

    def _ended(self, cohort: Cohort, task: asyncio.Task[CountedTable]) -> None:
        kept = self._kept.get(cohort)
        if task.cancelled() or task.exception() is not None:
            if kept and kept[1] is task:
                del self._kept[cohort]
        elif kept and kept[1] is task:
            until = asyncio.get_running_loop().time() + self._seconds
            self._kept[cohort] = until, task

    def _drop_old(self, now: float) -> None:
        ended = [key for key, (until, task) in self._kept.items() if task.done() and until <= now]
        for key in ended:
            del self._kept[key]
        for key in list(self._kept)[: max(0, len(self._kept) - MOST_KEPT + 1)]:
            if self._kept[key][1].done():
                del self._kept[key]

"""The snapshot: counts of the present state, served from memory.

A scrape never waits for the database, and one that is away leaves the last counts in place with
their timestamp. All counts of a scrape are of one moment: they are replaced together. A replica
exports the partitions it holds and no others, so that sums over replicas are exact.

No event tells when a fact leaves a partition: after partitions were added another one has it, and
whoever mends the database by hand tells nobody. So the partitions held are also counted anew one
after the other, whatever happens.
"""

import time
from collections.abc import Callable, Iterable

from services.metrics.domain.counts import CaseCounts, RecountQuery, plan
from services.metrics.domain.facts import tier_of
from services.metrics.domain.labels import NONE
from services.metrics.domain.misrouting import decided, hops, misrouted
from services.metrics.domain.parts import RecountScope
from services.metrics.settings import MetricsSettings
from services.metrics.store import FactStore
from shared.errors import Transient
from shared.runtime.periodic import Periodic
from shared.telemetry.exposition import Rows
from shared.telemetry.registry import Telemetry

REST = 4  # times as long as a refresh took: counting uses at most a fifth of the database's time


class Snapshot(Periodic):
    """Counts anew what changed, at most every few seconds; `name_of` names an institution."""

    def __init__(
        self,
        store: FactStore,
        telemetry: Telemetry,
        settings: MetricsSettings,
        *,
        name_of: Callable[[str], str] = str,
    ) -> None:
        super().__init__("snapshot", settings.snapshot_seconds, self._turn)
        self._store = store
        self._telemetry = telemetry
        self._settings = settings
        self._counts = CaseCounts()
        self._name_of = name_of
        self._held: frozenset[int] = frozenset()
        self._stale: set[RecountScope] = set()
        self._rest_until = 0.0
        self._recounted = -1
        self._recount_at = time.monotonic() + settings.recount_seconds
        self._has_counted = False
        self._is_cut_off = False

    async def start(self) -> None:
        """Make the store ready, then refresh in the background."""
        await self._store.prepare()
        await super().start()

    def readiness(self) -> str | None:
        """Return None once the partitions first held have been counted.

        Later nothing makes it unready, neither partitions taken over nor a group that is not heard:
        while a neighbour restarts, the league is read here, and from the database.
        """
        loading = self._loading()
        if self._has_counted or not loading:
            return None
        return f"snapshot: {loading} partitions are not counted yet"

    def trouble(self) -> str | None:
        """Return why nothing is shown: who hears nothing of its group does not know what it may."""
        if self._is_cut_off:
            return (
                "snapshot: shows nothing, since the group may have given its partitions to others"
            )
        return None

    def hold(self, partitions: frozenset[int]) -> None:
        """Begin with a new assignment: drop the others at once, count all of these anew."""
        self._held, self._is_cut_off = partitions, False
        self._counts.keep(partitions)
        self._stale = {RecountScope(partition) for partition in partitions}
        self._export()

    def cut_off(self) -> None:
        """Show nothing until `hold`: another replica may show all of it by now."""
        self.hold(frozenset())
        self._is_cut_off = True

    def mark(self, scopes: Iterable[RecountScope]) -> None:
        """Note what a batch may have changed, whether or not its facts were new.

        Another member may have written them while it held the partition.
        """
        self._stale |= {scope for scope in scopes if scope.partition in self._held}

    async def refresh(self) -> None:
        """Count anew what is out of date, then show it; DatabaseAway leaves the rest for later."""
        queries = plan(self._stale)
        for query in queries:
            await self._load(query)
        if queries:
            self._export()
            self._has_counted = self._has_counted or not self._loading()
        self._telemetry.gauge("salur_snapshot_timestamp_seconds").set_to_current_time()

    def _loading(self) -> int:
        return sum(scope.month is None for scope in self._stale)

    async def _turn(self) -> None:
        started = time.monotonic()
        if started < self._rest_until:
            return
        if started >= self._recount_at:
            self._recount_at = started + self._settings.recount_seconds
            self._mark_next()
        try:
            await self.refresh()
        finally:
            took = time.monotonic() - started
            self._rest_until = time.monotonic() + REST * took

    def _mark_next(self) -> None:
        if self._held:
            later = [partition for partition in self._held if partition > self._recounted]
            self._recounted = min(later or self._held)
            self._stale.add(RecountScope(self._recounted))

    async def _load(self, query: RecountQuery) -> None:
        # Taken off before the read: what is marked meanwhile may have come too late for it.
        covered = {scope for scope in self._stale if _is_covered(scope, query)}
        self._stale -= covered
        try:
            cells = await self._store.count(query)
        except Transient:
            self._stale |= {scope for scope in covered if scope.partition in self._held}
            raise
        for partition, month in query.scopes:
            if partition in self._held:
                mine = [cell for cell in cells if cell.partition == partition]
                self._counts.replace(RecountScope(partition, month), mine)

    def _export(self) -> None:
        most = self._settings
        courses = self._counts.courses(rules=most.rules, versions=most.versions)
        transferred = self._counts.transferred()
        self._telemetry.show(
            {
                "salur_agency_info": self._information(agency for agency, _ in transferred),
                "salur_cases": self._counts.by_agency(),
                "salur_transferred_cases": transferred,
                "salur_overdue_cases": self._counts.overdue(),
                "salur_cases_by_category": self._counts.by_category(most.categories),
                "salur_decided_cases": decided(courses),
                "salur_misrouted_cases": misrouted(courses),
                "salur_case_hops": hops(courses),
            }
        )

    def _information(self, agencies: Iterable[str]) -> Rows:
        known = dict.fromkeys(agency for agency in agencies if agency != NONE)
        return {(code, tier_of(code), self._name_of(code)): 1 for code in known}


def _is_covered(scope: RecountScope, query: RecountQuery) -> bool:
    return scope.partition in query.partitions and query.month in (None, scope.month)

"""The snapshot: counts of the present state, served from memory.

A scrape never waits for the database, and one that is away leaves the last counts in place with
their timestamp. A replica exports the partitions it holds and no others, so that sums over
replicas are exact.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from services.metrics.domain.counts import Counts, Query, plan
from services.metrics.domain.misrouting import decided, hops, misrouted
from services.metrics.domain.parts import Scope
from services.metrics.settings import MetricsSettings
from services.metrics.store import FactStore
from shared.errors import Transient
from shared.periodic import Periodic
from shared.telemetry import Telemetry

Labels = TypeVar("Labels", bound=tuple[str, ...])
REST = 4  # times as long as a refresh took: counting uses at most a fifth of the database's time


class Snapshot(Periodic):
    """Counts anew what changed, at most every few seconds."""

    def __init__(self, store: FactStore, telemetry: Telemetry, settings: MetricsSettings) -> None:
        super().__init__("snapshot", settings.snapshot_seconds, self._turn)
        self._store = store
        self._telemetry = telemetry
        self._settings = settings
        self._counts = Counts()
        self._shown: dict[str, Mapping[Any, int]] = {}  # by metric and the values of its labels
        self._held: frozenset[int] = frozenset()
        self._stale: set[Scope] = set()
        self._rest_until = 0.0

    async def start(self) -> None:
        """Make the store ready, then refresh in the background."""
        await self._store.prepare()
        await super().start()

    def readiness(self) -> str | None:
        """Return None once every partition held has been counted."""
        loading = [scope for scope in self._stale if scope.month is None]
        return f"snapshot: {len(loading)} partitions are not counted yet" if loading else None

    def hold(self, partitions: frozenset[int]) -> None:
        """Begin with a new assignment: drop the others at once, count all of these anew."""
        self._held = partitions
        self._counts.keep(partitions)
        self._stale = {Scope(partition) for partition in partitions}
        self._export()

    def mark(self, scopes: Iterable[Scope]) -> None:
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
        self._telemetry.gauge("salur_snapshot_timestamp_seconds").set_to_current_time()

    async def _turn(self) -> None:
        started = time.monotonic()
        if started < self._rest_until:
            return
        try:
            await self.refresh()
        finally:
            took = time.monotonic() - started
            self._rest_until = time.monotonic() + REST * took

    async def _load(self, query: Query) -> None:
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
                self._counts.replace(Scope(partition, month), mine)

    def _export(self) -> None:
        # Nothing is awaited in between, so no scrape sees the gauges half filled.
        most = self._settings
        courses = self._counts.courses(rules=most.rules, versions=most.versions)
        self._fill("salur_cases", self._counts.by_agency())
        self._fill("salur_transferred_cases", self._counts.transferred())
        self._fill("salur_overdue_cases", self._counts.overdue())
        self._fill("salur_cases_by_category", self._counts.by_category(most.categories))
        self._fill("salur_decided_cases", decided(courses))
        self._fill("salur_misrouted_cases", misrouted(courses))
        self._fill("salur_case_hops", hops(courses))

    def _fill(self, name: str, counts: Mapping[Labels, int]) -> None:
        # Only what differs: of a country's ten thousand lines a refresh changes a few.
        gauge, shown = self._telemetry.gauge(name), self._shown.get(name, {})
        for labels in shown.keys() - counts.keys():
            gauge.remove(*labels)
        for labels, cases in counts.items():
            if shown.get(labels) != cases:
                gauge.labels(*labels).set(cases)
        self._shown[name] = counts


def _is_covered(scope: Scope, query: Query) -> bool:
    return scope.partition in query.partitions and query.month in (None, scope.month)

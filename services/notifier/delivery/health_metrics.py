"""How endpoints stand, counted: what monitoring sees of those that are not well."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from services.notifier.delivery.subscriptions import Subscriptions
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.destinations import ReporterDestination
from services.notifier.store import NotifierStore
from shared.contracts.deliveries import LaneState
from shared.telemetry.registry import Telemetry

Ladders = Mapping[str, tuple[str, CircuitState]]
ENDPOINTS = "salur_endpoints"


class HealthMetrics:
    """Reads the ladders that matter to this process, and exports them by institution.

    Only endpoints in trouble are exported, so the labels are bounded by the institutions that
    have one; those of an institution come from whoever holds its partition, and from nobody else.
    """

    def __init__(
        self,
        store: NotifierStore,
        subscriptions: Subscriptions,
        telemetry: Telemetry,
        *,
        ways: Sequence[ReporterDestination],
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._gauge = telemetry.gauge(ENDPOINTS)
        self._lanes = telemetry.gauge("salur_lanes")
        self._ways = frozenset(way.endpoint_id for way in ways)
        self._shown: set[tuple[str, str]] = set()

    async def take(self, also: Iterable[str], agencies: Container[str]) -> Ladders:
        """Return agency and ladder of these institutions' endpoints that are not well.

        Those in `also` are among them however they are; endpoints that are in no subscription any
        more are left out, and so are those whose subscription cannot be read. Those are looked at
        again, so that a mended one is shown no more.
        """
        await self._subscriptions.look_again(agencies)
        kept = await self._store.ladders(also)
        mine = {one: found for one, found in kept.items() if found[0] in agencies}
        present = await self._present({agency for agency, _ in mine.values()})
        found = {one: ladder for one, ladder in mine.items() if one in present}
        self._show(found)
        return found

    def count(self, states: Iterable[LaneState]) -> None:
        """Export how many lanes are in each state."""
        counted = Counter(states)
        for state in LaneState:
            self._lanes.labels(state.value).set(counted[state])

    async def _present(self, agencies: set[str]) -> frozenset[str]:
        if not agencies:
            return self._ways
        known = await self._subscriptions.of(agencies)
        return self._ways | {one.endpoint_id for some in known.values() for one in some or ()}

    def _show(self, found: Ladders) -> None:
        counted = Counter(
            (agency or endpoint_id, ladder.state.value)
            for endpoint_id, (agency, ladder) in found.items()
            if ladder.state is not LaneState.OK
        )
        for labels, count in counted.items():
            self._gauge.labels(*labels).set(count)
        for labels in self._shown - counted.keys():
            self._gauge.remove(*labels)
        self._shown = set(counted)

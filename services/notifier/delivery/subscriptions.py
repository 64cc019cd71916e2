"""Reads subscriptions, and shows which cannot be read: those institutions wait, and nobody else."""

import logging
from collections.abc import Collection, Container, Sequence

from services.notifier.store import Endpoints, NotifierStore
from shared.contracts.subscriptions import Endpoint
from shared.errors import Transient
from shared.telemetry.registry import Telemetry

log = logging.getLogger(__name__)
UNREADABLE = "unreadable"  # in the place of a lane's state


class UnreadableSubscription(Transient):
    """An institution's subscription cannot be read; once it is mended, its lanes go on."""


class Subscriptions:
    """The subscriptions that intake keeps, as this process last found them."""

    def __init__(self, store: NotifierStore, telemetry: Telemetry) -> None:
        self._store = store
        self._gauge = telemetry.gauge("salur_endpoints")
        self._unreadable: set[str] = set()

    async def of(self, agencies: Collection[str]) -> Endpoints:
        """Return the endpoints of each institution that has a subscription; None: unreadable."""
        known = await self._store.endpoints(agencies)
        for agency in agencies:
            self._show(agency, unreadable=agency in known and known[agency] is None)
        return known

    async def of_one(self, agency: str) -> Sequence[Endpoint]:
        """Return an institution's endpoints.

        Raises:
            UnreadableSubscription: whether a delivery has an address is not known.
        """
        endpoints = (await self.of([agency])).get(agency, ())
        if endpoints is None:
            raise UnreadableSubscription(f"the subscription of {agency} cannot be read")
        return endpoints

    async def look_again(self, held: Container[str]) -> None:
        """Ask again for those shown that are in `held`; the others are shown by who holds them."""
        for agency in sorted(self._unreadable):
            if agency not in held:
                self._show(agency, unreadable=False)
        if self._unreadable:
            await self.of(sorted(self._unreadable))

    def _show(self, agency: str, *, unreadable: bool) -> None:
        if unreadable == (agency in self._unreadable):
            return
        if unreadable:
            log.error("the subscription of %s cannot be read", agency, extra={"agency": agency})
            self._unreadable.add(agency)
            self._gauge.labels(agency, UNREADABLE).set(1)
        else:
            self._unreadable.remove(agency)
            self._gauge.remove(agency, UNREADABLE)

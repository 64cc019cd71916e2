"""Subscriptions, the notifier's log about them and a name server, in memory."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.intake.subscriptions.delivery_log import (
    DeliveryPosition,
    DeliveryQuery,
    DeliveryRow,
    EndpointHealth,
    position_of_delivery,
)
from services.intake.subscriptions.store import UnreadableStoredSubscription
from shared.contracts.subscriptions import Subscription
from shared.errors import DatabaseAway


class MemorySubscriptions:
    """Subscriptions in a dictionary, and what the notifier would have written about them."""

    def __init__(self) -> None:
        self.kept: dict[str, Subscription] = {}
        self.unreadable: dict[str, UnreadableStoredSubscription] = {}  # in place of what is kept
        self.ladders: dict[str, EndpointHealth] = {}
        self.log: dict[str, list[DeliveryRow]] = {}  # by institution
        self.queries: list[
            tuple[str, DeliveryQuery, Mapping[str, str], DeliveryPosition | None]
        ] = []
        self.before_put: Callable[[], Awaitable[None]] | None = None  # once, as if by another
        self.is_away = False

    async def subscription(self, agency: str) -> Subscription:
        self._ask()
        if agency in self.unreadable:
            raise self.unreadable[agency]
        return self.kept.get(agency, Subscription(agency=agency))

    async def put_subscription(self, subscription: Subscription) -> bool:
        self._ask()
        if self.before_put is not None:
            act, self.before_put = self.before_put, None
            await act()
        agency = subscription.agency
        present = self.unreadable.get(agency) or self.kept.get(agency)
        if present is not None and present.version != subscription.version - 1:
            return False
        self.unreadable.pop(agency, None)
        self.kept[agency] = subscription
        return True

    async def lanes(self, endpoint_ids: Iterable[str]) -> dict[str, EndpointHealth]:
        self._ask()
        return {each: self.ladders[each] for each in endpoint_ids if each in self.ladders}

    async def deliveries(
        self,
        agency: str,
        query: DeliveryQuery,
        *,
        names: Mapping[str, str],
        after: DeliveryPosition | None,
    ) -> list[DeliveryRow]:
        self._ask()
        self.queries.append((agency, query, names, after))
        wanted = [row for row in self.log.get(agency, ()) if _is_wanted(row, query)]
        found = sorted(wanted, key=_place, reverse=True)
        if after is not None:
            found = [row for row in found if _place(row) < (after.at, after.delivery_id)]
        return found[: query.limit + 1]

    def _ask(self) -> None:
        if self.is_away:
            raise DatabaseAway("subscriptions are switched off by the test")


def _place(row: DeliveryRow) -> tuple[datetime, str]:
    found = position_of_delivery(row)
    return found.at, found.delivery_id


def _is_wanted(row: DeliveryRow, query: DeliveryQuery) -> bool:
    is_there = query.endpoint in (None, row.endpoint)
    return is_there and (not query.state or row.state in query.state)


class MemoryResolver:
    """A name server that knows a few hosts; all others are at one public address."""

    def __init__(self) -> None:
        self.hosts: dict[str, Sequence[str]] = {}
        self.asked: list[str] = []

    async def addresses(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.hosts.get(host, ("8.8.8.8",))

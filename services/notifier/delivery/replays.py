"""The operator's hand on deliveries: what lies where, and another try for what was parked.

Used beside running notifiers, which notice at their next scan. Every write is guarded as theirs
are, and an endpoint's ladder changes before its rows do, so that none is parked again at once.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import InsertOne

from services.notifier.database import DeliveryRetention, MongoNotifierStore
from services.notifier.domain.delivery.circuit import CircuitState, after_replay, probe_at
from services.notifier.domain.delivery.destinations import NO_AGENCY
from services.notifier.domain.delivery.erasure import blanked_body
from services.notifier.store import Endpoints
from shared.contracts.deliveries import DeliveryState, LaneState, delivery_id
from shared.contracts.subscriptions import Endpoint
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway, Misconfigured
from shared.runtime.clock import Clock

log = logging.getLogger(__name__)
ROWS_AT_ONCE = 500
TRIES = 10  # of a ladder's guarded write, while a notifier writes it too


@dataclass(frozen=True, slots=True)
class ReplayFilter:
    """Which deliveries: every field that is set narrows them.

    `endpoint` is an id, or the name that institutions gave.
    """

    agency: str | None = None
    endpoint: str | None = None
    state: DeliveryState | None = None


@dataclass(slots=True)
class EndpointBacklog:
    """An endpoint and how many deliveries it has in each state.

    `name` and `kind` are empty where no subscription holds it any more; its rows stay parked.
    """

    agency: str
    endpoint_id: str
    name: str = ""
    kind: str = ""
    state: LaneState = LaneState.OK
    next_probe_at: datetime | None = None
    deliveries: dict[str, int] = field(default_factory=dict)

    @property
    def is_present(self) -> bool:
        """Tell whether rows of this endpoint can be delivered."""
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What is tried again, and how many chosen rows are not, since their endpoint is gone."""

    endpoints: int
    deliveries: int
    left: int


class DeliveryReplays:
    """Reads and changes what the notifier keeps, for an operator."""

    def __init__(self, mongo: Mongo, clock: Clock, keeping: DeliveryRetention) -> None:
        self._deliveries = mongo.private(DELIVERIES)
        self._endpoints = mongo.private(ENDPOINTS)
        self._store = MongoNotifierStore(self._deliveries, mongo.private(LANES), self._endpoints)
        self._clock = clock
        self._keeping = keeping

    async def accounts(self, chosen: ReplayFilter) -> list[EndpointBacklog]:
        """Return the endpoints with such deliveries, by institution and name."""
        states = [chosen.state] if chosen.state else list(DeliveryState)
        accounts = await self._counted(chosen.agency, states)
        await self._describe(accounts)
        found = [one for one in accounts.values() if _is_chosen(one, chosen)]
        return sorted(found, key=lambda one: (one.agency, one.name, one.endpoint_id))

    async def replay(self, chosen: ReplayFilter, *, rejected: bool = False) -> ReplayResult:
        """Make parked rows (rejected ones too, if asked) pending, and probe their endpoints now.

        Attempts are counted anew. What was rejected goes out after all that has followed it.
        """
        states = [DeliveryState.PARKED, *([DeliveryState.REJECTED] if rejected else [])]
        accounts = await self._counted(chosen.agency, states)
        await self._describe(accounts)
        found = [one for one in accounts.values() if _is_chosen(one, chosen)]
        present = [one for one in found if one.is_present]
        rows = [await self._try_again(one, states) for one in present]
        left = sum(sum(one.deliveries.values()) for one in found if not one.is_present)
        return ReplayResult(len(present), sum(rows), left)

    async def move(self, agency: str, former: str, *, to: str) -> int:
        """Give an endpoint, by name, what lies parked of a former one, by id; return how much.

        May be repeated after a failure: what was moved keeps its id, so nothing comes twice.

        Raises:
            Misconfigured: the institution has no endpoint of this name, or still has the other.
        """
        endpoints = (await self._known([agency])).get(agency) or ()
        heir = next((one for one in endpoints if one.name == to), None)
        if heir is None:
            raise Misconfigured(f"{agency} has no endpoint {to!r} in its subscription")
        if any(one.endpoint_id == former for one in endpoints):
            raise Misconfigured(f"{agency} still has endpoint {former}: replay it as it is")
        where = {"agency": agency, "endpoint_id": former, "state": DeliveryState.PARKED.value}
        moved = 0
        while rows := await self._deliveries.find(where, limit=ROWS_AT_ONCE):
            heirs = {row["_id"]: self._moved(row, heir) for row in rows}
            await self._deliveries.write([InsertOne(one) for one in heirs.values()])
            await self._erase_what_was(heirs)
            free = {"_id": {"$in": [one["_id"] for one in heirs.values()]}, "state": where["state"]}
            await self._deliveries.update(free, {"$set": {"state": DeliveryState.PENDING.value}})
            moved += await self._deliveries.delete({"_id": {"$in": list(heirs)}})
        return moved

    def _moved(self, row: Mapping[str, Any], heir: Endpoint) -> dict[str, Any]:
        # Parked as the former is, so that nobody sends it before it is known to be unerased.
        return {
            **row,
            "_id": delivery_id(row["ce_id"], heir.endpoint_id),
            "endpoint_id": heir.endpoint_id,
            "attempts": 0,
            "expires": self._clock.now() + self._keeping.waiting,
        }

    async def _erase_what_was(self, heirs: Mapping[str, Mapping[str, Any]]) -> None:
        """Blank the heirs of rows that were blanked since they were read, in this try or before.

        `heirs` are by the former row's id. An erasure that comes later finds them itself.
        """
        former = await self._bodies(heirs)
        kept = await self._bodies([one["_id"] for one in heirs.values()])
        await self._store.blank(
            {
                one["complaint_id"]
                for row, one in heirs.items()
                if _is_erased_in(former.get(row), kept.get(one["_id"]))
            }
        )

    async def _bodies(self, ids: Iterable[str]) -> dict[str, str]:
        found = await self._deliveries.find({"_id": {"$in": list(ids)}}, fields=("body",))
        return {one["_id"]: one["body"] for one in found}

    async def _counted(
        self, agency: str | None, states: Sequence[DeliveryState]
    ) -> dict[str, EndpointBacklog]:
        where: dict[str, Any] = {"state": {"$in": [state.value for state in states]}}
        if agency is not None:
            where["agency"] = agency
        key = {name: f"${name}" for name in ("agency", "endpoint_id", "state")}
        group = {"_id": key, "count": {"$sum": 1}}
        accounts: dict[str, EndpointBacklog] = {}
        for one in await self._deliveries.aggregate([{"$match": where}, {"$group": group}]):
            of = one["_id"]
            account = EndpointBacklog(of["agency"], of["endpoint_id"])
            accounts.setdefault(of["endpoint_id"], account).deliveries[of["state"]] = one["count"]
        return accounts

    async def _known(self, agencies: Iterable[str]) -> Endpoints:
        known = await self._store.endpoints(agencies)
        for agency in (one for one, endpoints in known.items() if endpoints is None):
            log.error("the subscription of %s cannot be read", agency, extra={"agency": agency})
        return known

    async def _describe(self, accounts: Mapping[str, EndpointBacklog]) -> None:
        known = await self._known({one.agency for one in accounts.values()})
        endpoints = {one.endpoint_id: one for some in known.values() for one in some or ()}
        ladders = await self._store.ladders(accounts)
        for endpoint_id, account in accounts.items():
            if account.agency == NO_AGENCY:
                account.name, account.kind = endpoint_id, "reporters"
            elif endpoint_id in endpoints:
                endpoint = endpoints[endpoint_id]
                account.name, account.kind = endpoint.name, endpoint.kind.value
            if endpoint_id in ladders:
                ladder = ladders[endpoint_id][1]
                account.state, account.next_probe_at = ladder.state, probe_at(ladder)

    async def _try_again(self, account: EndpointBacklog, states: Sequence[DeliveryState]) -> int:
        await self._probe_now(account)
        where = {
            "state": {"$in": [state.value for state in states]},
            "endpoint_id": account.endpoint_id,
        }
        expires = self._clock.now() + self._keeping.waiting
        change = {"state": DeliveryState.PENDING.value, "attempts": 0, "expires": expires}
        # A lease stays: a probe may be out under it, and its sender says what came of that.
        return await self._deliveries.update(where, {"$set": change})

    async def _probe_now(self, account: EndpointBacklog) -> None:
        for _ in range(TRIES):
            found = await self._store.ladders([account.endpoint_id])
            _, ladder = found.get(account.endpoint_id, ("", CircuitState()))
            again = after_replay(ladder, self._clock.now())
            if again == ladder or await self._store.save_ladder(
                account.endpoint_id, account.agency, again
            ):
                return
        raise DatabaseAway(f"the notifiers keep changing endpoint {account.endpoint_id}; repeat")


def _is_erased_in(former: str | None, kept: str | None) -> bool:
    return kept is not None and former != kept and former == blanked_body(kept)


def _is_chosen(account: EndpointBacklog, chosen: ReplayFilter) -> bool:
    return chosen.endpoint is None or chosen.endpoint in (account.name, account.endpoint_id)

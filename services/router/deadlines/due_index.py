"""When the clocks of each case ring next: a field beside every open case, under one index.

It rests on the clocks of one version, so a change of limits or calendar leaves stale ones, which
are found by the same index and made anew. What is completed or archived has no clock and no field.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from pymongo import IndexModel, UpdateOne

from services.router.domain.case.timekeeper import Timekeeper
from shared.contracts.case import Case, Status
from shared.contracts.topics import PARTITIONS, partition_of
from shared.database.mongo import Collection

CLOCKS = "clocks"  # the router's own: nobody else reads it
_PARTITION, _VERSION, _DUE = f"{CLOCKS}.partition", f"{CLOCKS}.version", f"{CLOCKS}.due"
DUE_INDEX = IndexModel([(_PARTITION, 1), (_VERSION, 1), (_DUE, 1)], sparse=True)
_CLOSED = frozenset({Status.COMPLETED, Status.ARCHIVED})


class DueCase(NamedTuple):
    """A case and when its next deadline passes."""

    complaint_id: UUID
    at: datetime


class DueCases(Protocol):
    """Finds the cases of a partition by their clocks; DatabaseAway where the store is away."""

    async def due(
        self, partition: int, before: datetime, *, version: str, most: int = 0
    ) -> list[DueCase]:
        """Return the cases whose next deadline passes by an instant, the earliest first.

        At most `most` of them, where it is not 0; only those timed by clocks of this version.
        """
        ...

    async def stale(self, partition: int, *, version: str, most: int) -> list[UUID]:
        """Return open cases that were timed by clocks of another version."""
        ...

    async def retime(self, cases: Iterable[Case], time: Timekeeper) -> None:
        """Write when the clocks of these cases ring next, unless a case has changed meanwhile."""
        ...


class MongoDueCases:
    """The field `clocks` of the collection `cases`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def due(
        self, partition: int, before: datetime, *, version: str, most: int = 0
    ) -> list[DueCase]:
        """Read the index in order."""
        where = {_PARTITION: partition, _VERSION: version, _DUE: {"$lte": before}}
        found = await self._collection.find(where, fields=(_DUE,), sort=[(_DUE, 1)], limit=most)
        return [DueCase(one["_id"], one[CLOCKS]["due"]) for one in found]

    async def stale(self, partition: int, *, version: str, most: int) -> list[UUID]:
        """Read the index on both sides of the version."""
        where = {_PARTITION: partition, _VERSION: {"$ne": version}}
        found = await self._collection.find(where, fields=("_id",), limit=most)
        return [one["_id"] for one in found]

    async def retime(self, cases: Iterable[Case], time: Timekeeper) -> None:
        """Write under the guard on `seq`, as the router's other writes do."""
        await self._collection.write([_retiming(case, time) for case in cases])


def timed(case: Case, time: Timekeeper) -> dict[str, Any]:
    """Return the field for a whole document; nothing for a case that is closed."""
    if case.last.status in _CLOSED:
        return {}
    key = str(case.complaint.complaint_id).encode()
    due = time.next_due(case)
    # As Kafka places the inputs; were there other partitions, owners would share the work as well.
    clocks: dict[str, Any] = {"partition": partition_of(key, PARTITIONS)}
    clocks |= {"version": time.version} | ({"due": due} if due else {})
    return {CLOCKS: clocks}


def timing(case: Case, time: Timekeeper) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what an update sets and what it takes away."""
    found = timed(case, time)
    return found, ({} if found else {CLOCKS: ""})


def _retiming(case: Case, time: Timekeeper) -> UpdateOne:
    setting, unsetting = timing(case, time)
    change = {"$set": setting} if setting else {"$unset": unsetting}
    return UpdateOne({"_id": case.complaint.complaint_id, "seq": case.seq}, change)

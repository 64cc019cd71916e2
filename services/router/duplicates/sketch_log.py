"""What all routers know of recent reports: one log in MongoDB, numbered without gaps.

A router appends one document per batch, at the number after the last it knows. Where that is
taken, it reads what others have appended and tries the next; so whoever is later has read all
that is earlier, and of two alike reports at least one is compared with the other. What a batch
costs does not grow with its regions and categories, and a router alone never reads.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from pymongo import IndexModel

from services.router.domain.duplicates.similarity import MOST_TOGETHER, SketchedReport
from shared.database.mongo import Collection as Stored
from shared.runtime.clock import Clock

INDEXES = (IndexModel("written_at"),)
PAGE = 500  # documents read at a time at the first look, which begins with the newest
AHEAD = 64  # documents read at a time while following
MARGIN = timedelta(days=1)  # a report is decided some time after it was received
# Who has not looked for so long looks as if for the first time: what it would follow may be
# deleted, and it would go on at a number far behind the others'.
LONG_AGO = MARGIN / 2


class SketchLog(Protocol):
    """Shares sketches between routers."""

    async def append_and_read(self, mine: Sequence[SketchedReport]) -> list[SketchedReport]:
        """Write these; return all that was written before and not returned yet, and these.

        A report may come again under the same number.

        Raises:
            DatabaseAway: the same again later may succeed; what was written stays, harmlessly.
        """
        ...

    async def forget(self, numbers: Collection[str]) -> None:
        """Delete all sketches of these reports; DatabaseAway if that is not certain."""
        ...


class MongoSketchLog:
    """The collection `neighbours`; `window` is how long a report stays of interest."""

    def __init__(self, collection: Stored, clock: Clock, window: timedelta) -> None:
        self._collection = collection
        self._clock = clock
        self._kept_for = window + MARGIN
        self._last = 0
        self._looked_at: datetime | None = None

    async def prepare(self) -> None:
        """Create the index."""
        await self._collection.ensure_indexes(INDEXES)

    async def prune(self) -> None:
        """Delete what is too old to be compared with, but never the end of the log."""
        oldest = self._clock.now() - self._kept_for
        await self._collection.delete({"written_at": {"$lt": oldest}, "_id": {"$lt": self._last}})

    async def append_and_read(self, mine: Sequence[SketchedReport]) -> list[SketchedReport]:
        """Append one document; read first what stands in its way."""
        now = self._clock.now()
        is_new = self._looked_at is None or now - self._looked_at > LONG_AGO
        found = await self._look() if is_new else []
        self._looked_at = None  # until this has succeeded: what was read would not be returned
        while not await self._append(mine, now):
            found += await self._follow() or await self._look()
        self._looked_at = now
        return [*(_neighbour(one) for each in found for one in each["reports"]), *mine]

    async def forget(self, numbers: Collection[str]) -> None:
        """Take them out of every document: the log keeps its numbers without gaps."""
        wanted = {"number": {"$in": sorted(numbers)}}
        await self._collection.update(
            {"reports.number": wanted["number"]}, {"$pull": {"reports": wanted}}
        )

    async def _append(self, mine: Sequence[SketchedReport], now: datetime) -> bool:
        reports = [_plain(one) for one in mine]
        document = {"_id": self._last + 1, "written_at": now, "reports": reports}
        is_free = await self._collection.insert(document)
        self._last += is_free
        return is_free

    async def _follow(self) -> list[dict[str, Any]]:
        following = list(range(self._last + 1, self._last + 1 + AHEAD))
        return self._seen(await self._collection.find({"_id": {"$in": following}}))

    async def _look(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while sum(len(document["reports"]) for document in found) < MOST_TOGETHER:
            older = {"_id": {"$lt": found[-1]["_id"]}} if found else {}
            page = await self._collection.find(older, sort=[("_id", -1)], limit=PAGE)
            found += page
            if len(page) < PAGE:
                break
        return self._seen(found)

    def _seen(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found.sort(key=lambda document: int(document["_id"]))
        self._last = max(self._last, *(document["_id"] for document in found), 0)
        return found


def _plain(one: SketchedReport) -> dict[str, Any]:
    return {
        "key": one.key,
        "number": one.number,
        "at": one.at,
        "institution": one.institution,
        "sketch": one.sketch,
    }


def _neighbour(document: Mapping[str, Any]) -> SketchedReport:
    return SketchedReport(
        key=document["key"],
        number=document["number"],
        at=document["at"],
        institution=document["institution"],
        sketch=document["sketch"],
    )

"""How many messages a contact gets in a day: whoever sends reports in its name floods nobody.

Counted by the keyed hash under which intake's vault knows the contact, never by the contact.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from pymongo import IndexModel, UpdateOne

from shared.database.mongo import Collection

KEPT = timedelta(days=2)  # since a day's first message; afterwards the database deletes the count
INDEXES = (IndexModel([("expires", 1)], expireAfterSeconds=0),)


class Allowance(Protocol):
    """Every method raises DatabaseAway while the database does not answer."""

    async def takes(self, choice: str, row_id: str, at: datetime) -> bool:
        """Tell whether a row may be sent on the day of `at`; a repeat of it takes nothing more."""
        ...


class DailyAllowance:
    """The collection `allowances`: a document per contact and day (UTC) names the rows it took.

    The guard and the write are one, so notifiers side by side give no more than one alone would,
    and a restart forgets nothing.
    """

    def __init__(self, allowances: Collection, *, most: int) -> None:
        self._allowances = allowances
        self._most = most

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await self._allowances.ensure_indexes(INDEXES)

    async def takes(self, choice: str, row_id: str, at: datetime) -> bool:
        """Take a place among the day's, if one is left."""
        day = f"{choice}:{at.astimezone(UTC):%Y-%m-%d}"
        guard = {"_id": day, "rows": {"$ne": row_id}, f"rows.{self._most - 1}": {"$exists": False}}
        change = {"$push": {"rows": row_id}, "$setOnInsert": {"expires": at + KEPT}}
        while await self._allowances.write([UpdateOne(guard, change, upsert=True)]):
            found = await self._allowances.find_one({"_id": day})
            rows = found["rows"] if found else []
            if row_id in rows or len(rows) >= self._most:
                return row_id in rows
            # Another's first message of the day was written at the same moment: there is room.
        return True

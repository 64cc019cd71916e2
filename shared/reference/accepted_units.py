"""Which units of institutions an operator accepted, as all services read it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypedDict, cast

from shared.database.mongo import Collection


class UnitDocument(TypedDict):
    """A row of `units`: a name that an operator accepted, for intake to write and all to read."""

    agency: str
    unit: str
    accepted_at: datetime


class AcceptedUnitReader(Protocol):
    """Knows which units were accepted."""

    async def accepted(self, institution: str | None = None) -> Mapping[str, frozenset[str]]:
        """Return accepted units by code, of one institution or of all; DatabaseAway."""
        ...


class MongoAcceptedUnits:
    """Reads the collection `units`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def accepted(self, institution: str | None = None) -> Mapping[str, frozenset[str]]:
        """Return accepted units by code, of one institution or of all; DatabaseAway."""
        where = {} if institution is None else {"agency": institution}
        found: dict[str, set[str]] = defaultdict(set)
        for row in cast("list[UnitDocument]", await self._collection.find(where)):
            found[row["agency"]].add(row["unit"])
        return {code: frozenset(units) for code, units in found.items()}

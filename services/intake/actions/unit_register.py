"""The register of units: which names an operator accepted, and which are in use without."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pymongo import UpdateOne

from services.intake.actions.requests import MAX_UNIT
from shared.contracts.identifiers import is_agency_code
from shared.database.collections import CASES, UNITS
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.normal_text import normalised, says_something
from shared.reference.accepted_units import MongoAcceptedUnits, UnitDocument
from shared.reference.units import OTHER_UNIT


class UnitUse(NamedTuple):
    """A unit that was accepted, or that cases have; `cases` are those that have it by now."""

    unit: str
    is_accepted: bool
    cases: int


class UnitRegister:
    """Accepts units and takes them back, for operators."""

    def __init__(self, mongo: Mongo) -> None:
        self._units = mongo.private(UNITS)
        self._cases = mongo.cases(CASES)
        self._reader = MongoAcceptedUnits(self._units)

    async def accept(self, institution: str, units: Iterable[str], at: datetime) -> int:
        """Accept names of units; return how many are new.

        Raises:
            Misconfigured: no code of an institution, or a name that cannot be one.
            DatabaseAway: the same again later may succeed.
        """
        names = [_checked(institution, unit) for unit in dict.fromkeys(units)]
        known = (await self._reader.accepted(institution)).get(institution, frozenset())
        await self._units.write([_accepting(institution, unit, at) for unit in names])
        return len(set(names) - known)

    async def withdraw(self, institution: str, unit: str) -> bool:
        """Take a name back; False where it was not accepted."""
        return bool(await self._units.delete({"_id": _id(institution, unit)}))

    async def listed(self, institution: str) -> list[UnitUse]:
        """Return the accepted units and those that cases of the institution have, by name."""
        accepted = (await self._reader.accepted(institution)).get(institution, frozenset())
        where = {"institution": institution, "unit": {"$type": "string"}}
        pipeline = [{"$match": where}, {"$group": {"_id": "$unit", "cases": {"$sum": 1}}}]
        cases = {row["_id"]: row["cases"] for row in await self._cases.aggregate(pipeline)}
        names = sorted(accepted | (cases.keys() - {OTHER_UNIT}))
        return [UnitUse(unit, unit in accepted, cases.get(unit, 0)) for unit in names]


def _checked(institution: str, unit: str) -> str:
    name = normalised(unit).strip()
    if not is_agency_code(institution):
        raise Misconfigured(f"{institution!r} is no institution's code, such as kab-3603")
    if not says_something(name) or len(name) > MAX_UNIT or name == OTHER_UNIT:
        raise Misconfigured(
            f"{unit!r} of {institution} is no unit's name: 1 to {MAX_UNIT} characters with a"
            f" letter or digit, and not {OTHER_UNIT!r}"
        )
    return name


def _accepting(institution: str, unit: str, at: datetime) -> UpdateOne:
    row: UnitDocument = {"agency": institution, "unit": unit, "accepted_at": at}
    return UpdateOne({"_id": _id(institution, unit)}, {"$setOnInsert": row}, upsert=True)


def _id(institution: str, unit: str) -> str:
    return f"{institution}/{unit}"

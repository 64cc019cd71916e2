"""The register of units, worked on in intake's own store by its own code."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.intake.actions.unit_register import UnitRegister, UnitUse
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.runtime.clock import WallClock
from shared.settings import MongoSettings

COLUMNS = ("agency", "unit")


async def accept_units(settings: MongoSettings, wanted: Mapping[str, Sequence[str]]) -> int:
    """Accept units by institution; return how many are new.

    Raises:
        Misconfigured: no code of an institution, or a name that cannot be one.
        DatabaseAway: not all were kept; the same again does the rest.
    """
    async with Mongo(settings) as mongo:
        register, now = UnitRegister(mongo), WallClock().now()
        return sum([await register.accept(code, units, now) for code, units in wanted.items()])


async def withdraw_unit(settings: MongoSettings, institution: str, unit: str) -> bool:
    """Take a name back; False where it was not accepted; DatabaseAway."""
    async with Mongo(settings) as mongo:
        return await UnitRegister(mongo).withdraw(institution, unit)


async def listed_units(settings: MongoSettings, institution: str) -> list[UnitUse]:
    """Return what was accepted of an institution and what its cases have; DatabaseAway."""
    async with Mongo(settings) as mongo:
        return await UnitRegister(mongo).listed(institution)


def read_units(path: Path) -> dict[str, list[str]]:
    """Return units by institution from a CSV file; Misconfigured where it has not both columns."""
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise Misconfigured(f"{path} needs the columns {' and '.join(COLUMNS)} in its first line")
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[(row["agency"] or "").strip()].append((row["unit"] or "").strip())
    return dict(found)

"""What a reader of accepted units promises, over intake's register and in memory alike."""

import pytest

from services.intake.actions.unit_register import UnitRegister
from shared.database.collections import UNITS
from shared.database.mongo import Mongo
from shared.reference.accepted_units import AcceptedUnitReader, MongoAcceptedUnits
from tests.metrics.memory import MemoryUnits
from tests.support.builders import START
from tests.support.stores import not_away


@pytest.fixture
async def units(backing: Mongo | None) -> AcceptedUnitReader:
    if backing is None:
        return MemoryUnits(kab_3603={"Dinas PU", "Dinkes"}, prov_36={"Dinkes"}, prov_31=set())
    register = UnitRegister(backing)
    await register.accept("kab-3603", ["Dinas PU", "Dinkes", "Dinkes"], START)
    await register.accept("prov-36", ["Dinkes"], START)
    await register.accept("prov-31", ["Dinkes"], START)
    await register.withdraw("prov-31", "Dinkes")
    return MongoAcceptedUnits(backing.private(UNITS))


async def test_units_are_told_by_institution(units: AcceptedUnitReader) -> None:
    kab = {"kab-3603": frozenset({"Dinas PU", "Dinkes"})}

    assert await units.accepted() == kab | {"prov-36": frozenset({"Dinkes"})}
    assert await units.accepted("kab-3603") == kab


async def test_who_has_none_is_not_in_it(units: AcceptedUnitReader) -> None:
    for code in ("prov-31", "unknown"):
        assert await units.accepted(code) == {}


async def test_it_says_that_the_register_is_away(away: Mongo | None) -> None:
    units = MongoAcceptedUnits(away.private(UNITS)) if away else MemoryUnits()
    if isinstance(units, MemoryUnits):
        units.away = True

    assert await not_away(units.accepted(), units.accepted("kab-3603")) == []

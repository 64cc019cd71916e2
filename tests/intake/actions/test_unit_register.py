"""The register of units: what an operator accepted, and what cases have without."""

import pytest

from services.intake.actions.unit_register import UnitRegister, UnitUse
from shared.database.collections import CASES, UNITS
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.reference.accepted_units import MongoAcceptedUnits
from tests.support.builders import START


async def test_accepted_units_are_read_by_all_and_those_in_use_are_listed(mongo: Mongo) -> None:
    register, reader = UnitRegister(mongo), MongoAcceptedUnits(mongo.private(UNITS))
    for at, unit in enumerate(("Dinas PU", "Dinas PU", "Ibu Siti", None, "unit lain")):
        case = {"_id": f"{at}", "number": f"{at}", "institution": "kab-3603", "unit": unit}
        await mongo.cases(CASES).insert(case)

    assert await register.accept("kab-3603", ["Dinas PU", " Dinas\u200b Sosial "], START) == 2
    assert await register.accept("kab-3603", ["Dinas PU"], START) == 0

    assert await reader.accepted() == {"kab-3603": frozenset({"Dinas PU", "Dinas Sosial"})}
    assert await reader.accepted("kab-3604") == {}
    assert await register.listed("kab-3603") == [
        UnitUse("Dinas PU", is_accepted=True, cases=2),
        UnitUse("Dinas Sosial", is_accepted=True, cases=0),
        UnitUse("Ibu Siti", is_accepted=False, cases=1),
    ]
    assert await register.withdraw("kab-3603", "Dinas PU")
    assert not await register.withdraw("kab-3603", "Dinas PU")


@pytest.mark.parametrize(
    ("code", "unit"),
    [("kab-3603", " \u200b"), ("kab-3603", "unit lain"), ("kab-3603", "x" * 101), ("x", "PU")],
)
async def test_what_is_no_unit_is_refused(mongo: Mongo, code: str, unit: str) -> None:
    with pytest.raises(Misconfigured, match=r"no unit's name|no institution's code"):
        await UnitRegister(mongo).accept(code, [unit], START)

"""By which input a case grew last, in the database and in memory alike."""

import pytest

from services.router.republishing.input_positions import (
    InputPosition,
    WrittenCases,
)
from shared.database.mongo import Mongo
from tests.router.case_stores import ERASE, Stores, folded
from tests.support.builders import (
    complaint_id,
    follow_up,
    submitted,
)


@pytest.fixture
async def stores(backing: Mongo | None) -> Stores:
    return await Stores.prepared(backing)


async def test_cases_are_found_by_the_last_input_they_grew_by(stores: Stores) -> None:
    opened = {name: folded(None, submitted(name)) for name in ("one", "two", "three", "four")}
    places = {"one": (0, 5), "two": (0, 9), "three": (1, 7)}
    await stores.cases.save(
        list(opened.values()),
        {complaint_id(name): InputPosition(*place) for name, place in places.items()},
    )
    grown = folded(opened["one"].after, follow_up(1))
    await stores.cases.save([grown], {complaint_id("one"): InputPosition(0, 12)})

    written: WrittenCases = stores.written
    since = written.written_since
    assert list(await since(InputPosition(0, 5))) == [complaint_id("two"), complaint_id("one")]
    assert list(await since(InputPosition(0, 10))) == [complaint_id("one")]
    assert list(await since(InputPosition(0, 13))) == []


async def test_an_erasure_keeps_its_position(stores: Stores) -> None:
    opened, at = folded(None, submitted()), InputPosition(0, 5)
    await stores.cases.save([opened])

    await stores.cases.save([folded(opened.after, ERASE)], {complaint_id("one"): at})

    assert list(await stores.written.written_since(at)) == [complaint_id("one")]

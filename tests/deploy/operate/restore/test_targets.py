"""What is read from an event before it is restored, and who must not write meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any

import bson
import pytest
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from deploy.operate.restore.outcomes import RestoreOutcome
from deploy.operate.restore.stopped_services import GROUPS, require_stopped
from deploy.operate.restore.targets import CollectionTarget, case_in, fact_in
from services.router.store import document_of
from shared.errors import Misconfigured, Undecodable
from tests.support.builders import FakeRecord, complaint_id
from tests.support.restore_cases import FOLLOWED_UP, ROUTED, events_of


def test_a_case_and_a_fact_are_in_every_event() -> None:
    *_, last = events_of("one", [ROUTED, FOLLOWED_UP])

    assert case_in(last).value.seq == case_in(last).seq == 2
    assert fact_in(last).value.partition == last.partition
    assert (fact_in(last).seq, fact_in(last).complaint_id) == (2, complaint_id("one"))


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ({"key": b"another"}, "wrong_key"),
        ({"value": None}, "no_value"),
        ({"value": b"{}"}, "invalid_value"),
    ],
)
def test_an_event_that_breaks_the_contract_gives_no_case(spoiled: Any, code: str) -> None:
    (first, _) = events_of("one", [ROUTED, FOLLOWED_UP], **spoiled)

    with pytest.raises(Undecodable) as caught:
        case_in(first)

    assert caught.value.code == code


@pytest.mark.parametrize(("old", "new"), [(b'"seq":2,', b'"seq":3,'), (b'"seq":1,', b'"seq":2,')])
def test_an_event_without_the_whole_history_gives_no_case(old: bytes, new: bytes) -> None:
    *_, last = events_of("one", [ROUTED, FOLLOWED_UP])
    assert last.value is not None
    spoiled = FakeRecord(key=last.key, value=last.value.replace(old, new, 1))

    with pytest.raises(Undecodable) as caught:
        case_in(spoiled)

    assert caught.value.code == "inconsistent_event"


def test_the_only_writers_of_both_collections_must_be_stopped() -> None:
    assert GROUPS == ("router", "metrics")
    require_stopped({"router": 0, "metrics": 0})

    with pytest.raises(Misconfigured, match=r"router \(2\).*--force"):
        require_stopped({"router": 2, "metrics": 0})


AS_THE_DRIVER_DOES: CodecOptions[dict[str, Any]] = CodecOptions(
    uuid_representation=UuidRepresentation.STANDARD, tz_aware=True
)


class Held:
    """A collection that holds one document."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self.document = dict(document)

    async def find(self, query: object) -> list[dict[str, object]]:
        return [self.document]


async def done(*_: object) -> Any:
    raise AssertionError("a comparison writes nothing")


async def compared(change: Callable[[dict[str, Any]], object]) -> RestoreOutcome:
    *_, last = events_of("one", [ROUTED, FOLLOWED_UP])
    state = case_in(last)
    written = bson.encode(document_of(state.value), codec_options=AS_THE_DRIVER_DOES)
    stored = bson.decode(written, AS_THE_DRIVER_DOES)
    change(stored)
    target = CollectionTarget("cases", Held(stored), case_in, done, done, document_of)  # type: ignore[arg-type]
    return (await target.compare([state]))[state.complaint_id].outcome


async def test_a_field_that_another_release_does_not_write_is_as_good_as_null() -> None:
    assert await compared(lambda stored: stored.pop("due")) is RestoreOutcome.EQUAL
    assert (
        await compared(lambda stored: stored.update(field_of_tomorrow=None)) is RestoreOutcome.EQUAL
    )


async def test_a_field_that_says_something_else_makes_a_case_different() -> None:
    assert await compared(lambda stored: stored.pop("status")) is RestoreOutcome.DIFFERENT
    assert (
        await compared(lambda stored: stored.update(unit="Dinas Lain")) is RestoreOutcome.DIFFERENT
    )

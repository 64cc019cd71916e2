"""Records become rows, each once; what is not for the institution becomes none."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition

from services.notifier.handlers import NotifierHandler
from shared.contracts.events import ENDPOINT_TEST
from shared.contracts.subscriptions import EndpointKind, EventFilter, Urgency
from shared.contracts.topics import agency_topic
from shared.errors import DatabaseAway, Permanent
from shared.runtime.clock import SetClock
from shared.stage.handler import DecodedRecord
from tests.notifier.events import KAB, agency_event, agency_record, endpoint, request_for_a_test
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon, fast_settings

TYPE = ("ce_type", b"id.salur.complaint.routed.v1")


@pytest.fixture
async def notifier(memory: MemoryStore, clock: SetClock) -> AsyncIterator[Notifier]:
    """Return a notifier whose lanes are not started: rows only go in."""
    notifier = Notifier(memory, FakeSender(holds=True), clock, fast_settings())
    yield notifier
    await abandon(notifier)


async def test_the_body_holds_the_topics_record_letter_by_letter(
    notifier: Notifier, memory: MemoryStore
) -> None:
    record = agency_record(agency_event(), value=agency_event().model_dump_json().encode())
    notice = notifier.handler.decode(record)

    await notifier.handler.handle([DecodedRecord(record, notice)])

    (row,) = memory.rows.values()
    assert record.value is not None
    assert record.value.decode() in row.body
    assert row.delivery_id == f"{notice.ce_id}:of-{KAB}"
    assert (row.source, row.offset, row.seq) == (f"agency-{KAB}/0", 0, 1)


async def test_an_institution_without_an_endpoint_gives_no_row(
    notifier: Notifier, memory: MemoryStore
) -> None:
    await notifier.read(agency_event(agency="kab-1"), agency_event())

    assert [row.agency for row in memory.rows.values()] == [KAB]


async def test_an_endpoint_set_before_the_next_batch_is_seen(
    notifier: Notifier, memory: MemoryStore
) -> None:
    await notifier.read(agency_event("one", 1, "kab-1"))
    memory.known["kab-1"] = (endpoint("kab-1"),)

    await notifier.read(agency_event("one", 2, "kab-1"))

    assert [row.seq for row in memory.rows.values()] == [2]


async def test_the_same_event_twice_in_one_batch_gives_one_row(
    notifier: Notifier, memory: MemoryStore
) -> None:
    await notifier.read(agency_event(), agency_event())

    (row,) = memory.rows.values()
    assert row.offset == 0


async def test_a_database_that_is_away_has_the_batch_again(
    notifier: Notifier, memory: MemoryStore
) -> None:
    memory.away = True

    with pytest.raises(DatabaseAway):
        await notifier.read(agency_event())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"headers": ()}, "no_event_type"),
        ({"headers": (TYPE,)}, "no_event_id"),
        ({"headers": (TYPE, ("ce_id", b"seven"))}, "no_event_id"),
        ({"headers": (TYPE, ("ce_id", b"a\r\nb"))}, "no_event_id"),
        ({"value": None}, "no_value"),
        ({"value": b"{}"}, "invalid_value"),
        ({"topic": "agency-kab-9"}, "wrong_agency"),
    ],
)
async def test_a_bad_record_is_dead_lettered(
    notifier: Notifier, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Permanent) as caught:
        notifier.handler.decode(agency_record(agency_event(), **changes))

    assert caught.value.code == code


@pytest.mark.parametrize("header", ["ce_type", "ce_time"])
async def test_a_record_without_an_attribute_is_dead_lettered(
    notifier: Notifier, header: str
) -> None:
    record = agency_record(agency_event())
    headers = tuple(pair for pair in record.headers if pair[0] != header)

    with pytest.raises(Permanent, match=header):
        notifier.handler.decode(agency_record(agency_event(), headers=headers))


async def test_rows_of_partitions_not_held_are_left_to_others(
    notifier: Notifier, memory: MemoryStore
) -> None:
    handler: NotifierHandler = notifier.handler
    await handler.assigned(frozenset({TopicPartition("agency-kab-1", 0)}))

    await notifier.read(agency_event())

    (row,) = memory.rows.values()
    assert row.owner == ""


async def test_each_endpoint_that_hears_of_an_event_gets_its_own_row(
    notifier: Notifier, memory: MemoryStore
) -> None:
    urgent = EventFilter(urgency=Urgency.URGENT)
    memory.known[KAB] = (
        endpoint(endpoint_id="web"),
        endpoint(endpoint_id="mail", kind=EndpointKind.EMAIL, address="a@b.example"),
        endpoint(endpoint_id="urgent", filter=urgent),
    )

    await notifier.read(agency_event())

    assert sorted(row.endpoint_id for row in memory.rows.values()) == ["mail", "web"]
    assert len({row.ce_id for row in memory.rows.values()}) == 1


@pytest.mark.parametrize(("named", "rows"), [("web", ["web"]), ("gone", [])])
async def test_a_test_message_gives_one_row_for_the_endpoint_it_names(
    notifier: Notifier, memory: MemoryStore, *, named: str, rows: list[str]
) -> None:
    deaf = EventFilter(units=("nobody",))
    memory.known[KAB] = (endpoint(endpoint_id="web", filter=deaf), endpoint(endpoint_id="other"))
    record = request_for_a_test(KAB, named)

    await notifier.handler.handle([DecodedRecord(record, notifier.handler.decode(record))])

    assert [row.endpoint_id for row in memory.rows.values()] == rows
    assert all(ENDPOINT_TEST in row.body for row in memory.rows.values())


async def test_a_test_message_for_another_institution_is_dead_lettered(notifier: Notifier) -> None:
    with pytest.raises(Permanent) as caught:
        notifier.handler.decode(
            replace(request_for_a_test("kab-9", "web"), topic=agency_topic(KAB))
        )

    assert caught.value.code == "wrong_agency"

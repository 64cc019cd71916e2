"""The action stage without a broker: what an institution's records lead to."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.handlers import ActionHandler, AgencyActionRecord
from shared.contracts.actions import FollowUp
from shared.contracts.case import ActorKind
from shared.contracts.events import (
    ActionRequested,
    AgencyEvent,
    AgencyOutcome,
    InputType,
    agency_event_type,
)
from shared.contracts.identifiers import agency_record_id
from shared.errors import BrokerAway, DatabaseAway, Permanent
from shared.kafka.envelope import LOG_APPEND_TIME
from shared.runtime.clock import SetClock
from shared.stage.handler import DecodedRecord, HandlerResult
from shared.telemetry.registry import Telemetry
from tests.intake.conftest import IntakeBench
from tests.intake.fakes.intake_store import MemoryStore
from tests.support.builders import START, FakeRecord, complaint_id

TOPIC = "agency-kab-3603-action"


def action(complaint: object, **changes: Any) -> bytes:
    body = {"kind": "follow_up", "text": "Sudah ditinjau."} | changes
    return json.dumps({"complaint_id": str(complaint), "action": body}).encode()


def record(value: bytes | None, **changes: Any) -> FakeRecord:
    return FakeRecord(**({"topic": TOPIC, "value": value} | changes))


@pytest.fixture
def handler(intake: IntakeBench) -> ActionHandler:
    return ActionHandler(intake.store, intake.clock, intake.telemetry)


@pytest.fixture
async def known(intake: IntakeBench) -> UUID:
    """Return the id of an accepted complaint."""
    return UUID((await intake.accepted())["complaint_id"])


async def handled(handler: ActionHandler, *records: FakeRecord) -> HandlerResult:
    return await handler.handle([DecodedRecord(each, handler.decode(each)) for each in records])


async def test_an_agencys_record_is_stamped_and_forwarded(
    handler: ActionHandler, known: UUID
) -> None:
    work = await handled(handler, record(action(known), headers=(("ce_id", b"17"),)))

    (sent,) = work.publications
    event = ActionRequested.model_validate_json(sent.value)
    assert (sent.topic, sent.key) == ("complaint-input", str(known).encode())
    assert (sent.ce_type, sent.ce_id) == (InputType.ACTION, str(event.action_id))
    assert event.action_id == agency_record_id("kab-3603", "17")
    assert (event.actor.kind, event.actor.code) == (ActorKind.AGENCY, "kab-3603")
    assert event.at == sent.ce_time == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert event.action == FollowUp(text="Sudah ditinjau.")


async def test_who_acts_is_told_by_the_topic_and_not_by_the_record(
    handler: ActionHandler, known: UUID
) -> None:
    value = json.loads(action(known)) | {"actor": {"kind": "operator"}, "agency": "prov-36"}

    work = await handled(handler, record(json.dumps(value).encode()))

    event = ActionRequested.model_validate_json(work.publications[0].value)
    assert event.actor.code == "kab-3603"


@pytest.mark.parametrize(
    "headers", [(), (("ce_id", None),), (("ce_id", b"\xff"),), (("ce_id", b""),)]
)
async def test_without_an_id_the_place_in_the_topic_is_the_id(
    handler: ActionHandler, known: UUID, headers: Any
) -> None:
    work = await handled(handler, record(action(known), partition=0, offset=42, headers=headers))

    assert work.publications[0].ce_id == str(agency_record_id("kab-3603", "0:42"))


async def test_a_repeated_record_gives_the_same_event(handler: ActionHandler, known: UUID) -> None:
    same = record(action(known), offset=3)

    assert (await handled(handler, same)).publications == (
        await handled(handler, same)
    ).publications


async def test_an_unknown_complaint_is_refused_and_holds_nobody_up(
    handler: ActionHandler, known: UUID, intake: IntakeBench
) -> None:
    unknown, good = record(action(complaint_id("none"))), record(action(known), offset=1)
    intake.store.asked.clear()

    work = await handled(handler, unknown, good)

    assert not work.dead
    assert [(one, why.code) for one, why in work.refused] == [(unknown, "unknown_complaint")]
    assert [sent.topic for sent in work.publications] == ["agency-kab-3603", "complaint-input"]
    assert intake.store.asked == ["known"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "unknown_complaint"),
        ({"kind": "route", "institution": "prov-36"}, "not_allowed"),
        ({"text": "é" * 4_097}, "text_too_long"),
    ],
)
async def test_what_cannot_be_passed_on_is_dropped_and_its_institution_hears_why(
    handler: ActionHandler, change: dict[str, Any], code: str
) -> None:
    missing = complaint_id("none")

    work = await handled(handler, record(action(missing, **change), headers=(("ce_id", b"17"),)))

    (sent,) = work.publications
    event = AgencyEvent.model_validate_json(sent.value)
    assert not work.dead
    assert [why.code for _, why in work.refused] == [code]
    assert (sent.topic, sent.key) == ("agency-kab-3603", str(missing).encode())
    assert sent.ce_type == agency_event_type(AgencyOutcome.REFUSED)
    assert event.refusal is not None
    assert (event.outcome, event.refusal.code, event.seq) == (AgencyOutcome.REFUSED, code, 0)
    assert event.action_id == agency_record_id("kab-3603", "17")
    assert str(change.get("text", "prov-36")) not in event.model_dump_json()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "hurry"}, "action: union_tag_invalid"),
        ({"kind": "erase"}, "action.erase.reason: missing"),
        ({"text": ""}, "action.follow_up.text: string_too_short"),
        ({"kind": "complete", "text": "\u200b"}, "action.complete.text: nothing_said"),
    ],
)
async def test_an_action_that_cannot_be_read_is_dead_and_its_institution_hears_where(
    handler: ActionHandler, known: UUID, change: dict[str, Any], where: str
) -> None:
    faulty = record(action(known, **change), headers=(("ce_id", b"17"),))
    good = record(action(known), offset=1)

    work = await handled(handler, faulty, good)

    told, passed_on = work.publications
    event = AgencyEvent.model_validate_json(told.value)
    assert [(dead, reason.code) for dead, reason in work.dead] == [(faulty, "invalid_value")]
    assert (told.topic, told.key) == ("agency-kab-3603", str(known).encode())
    assert event.refusal is not None
    assert (event.outcome, event.seq) == (AgencyOutcome.REFUSED, 0)
    assert (event.refusal.code, event.action_id) == (
        "invalid_value",
        agency_record_id("kab-3603", "17"),
    )
    assert where in event.refusal.detail
    assert passed_on.topic == "complaint-input"


async def test_a_refusal_that_nobody_can_hear_holds_nobody_up(handler: ActionHandler) -> None:
    work = await handled(handler, record(action(complaint_id("none"))))

    assert await handler.undeliverable(work.publications) == HandlerResult()


async def test_without_the_input_topic_the_batch_waits(handler: ActionHandler, known: UUID) -> None:
    work = await handled(handler, record(action(known)))

    with pytest.raises(BrokerAway, match="complaint-input"):
        await handler.undeliverable(work.publications)


async def test_identity_in_a_record_is_masked(handler: ActionHandler, known: UUID) -> None:
    work = await handled(handler, record(action(known, text="Hubungi 081234567890.")))

    assert b"0812" not in work.publications[0].value


class Told(NamedTuple):
    """A record's time, from the receipt on, and whose it is: 0 is its writer's own."""

    said: timedelta
    kind: int
    happened: timedelta


@pytest.mark.parametrize(
    "told",
    [
        Told(timedelta(minutes=3), LOG_APPEND_TIME, happened=timedelta(minutes=3)),
        Told(timedelta(days=40), LOG_APPEND_TIME, happened=timedelta(hours=1, minutes=5)),
        Told(timedelta(days=-40), LOG_APPEND_TIME, happened=timedelta()),
        Told(timedelta(minutes=3), 0, happened=timedelta(hours=1)),
        Told(timedelta(days=-40), 0, happened=timedelta(hours=1)),
        Told(timedelta(days=40), 0, happened=timedelta(hours=1)),
    ],
    ids=str,
)
async def test_an_institution_does_not_choose_when_it_acted(
    handler: ActionHandler, known: UUID, intake: IntakeBench, told: Told
) -> None:
    received = intake.store.receipts[known].at
    intake.clock.advance(hours=1)
    timestamp = int((received + told.said).timestamp() * 1000)
    sent = record(action(known), timestamp=timestamp, timestamp_type=told.kind)

    work = await handled(handler, sent)

    event = ActionRequested.model_validate_json(work.publications[0].value)
    assert event.at == received + told.happened


@pytest.mark.parametrize("timestamp", [10**18, -1])
async def test_a_time_that_is_no_date_is_not_used(
    handler: ActionHandler, known: UUID, intake: IntakeBench, timestamp: int
) -> None:
    work = await handled(handler, record(action(known), timestamp=timestamp))

    event = ActionRequested.model_validate_json(work.publications[0].value)
    assert event.at == intake.clock.now()


async def test_the_order_of_records_is_kept(handler: ActionHandler, known: UUID) -> None:
    records = [record(action(known, text=str(n)), offset=n) for n in range(5)]

    sent = (await handled(handler, *records)).publications

    texts = [ActionRequested.model_validate_json(each.value).action.text for each in sent]
    assert texts == ["0", "1", "2", "3", "4"]


async def test_while_the_database_is_away_the_batch_comes_again(
    handler: ActionHandler, known: UUID, intake: IntakeBench
) -> None:
    intake.store.away.add("known")

    with pytest.raises(DatabaseAway):
        await handled(handler, record(action(known)))


@pytest.mark.parametrize(
    ("faulty", "code"),
    [
        (record(None), "no_value"),
        (record(b"\xff"), "invalid_value"),
        (record(b"{}"), "invalid_value"),
        (record(action("17")), "invalid_value"),
        (record(action(complaint_id("one")), headers=(("ce_id", b"x" * 201),)), "invalid_id"),
        (record(action(complaint_id("one")), topic="complaint-event"), "unknown_topic"),
    ],
)
def test_a_faulty_record_is_a_dead_letter(
    handler: ActionHandler, faulty: FakeRecord, code: str
) -> None:
    with pytest.raises(Permanent) as refused:
        handler.decode(faulty)

    assert refused.value.code == code


@given(
    value=st.one_of(st.none(), st.binary(max_size=100)),
    headers=st.lists(st.tuples(st.text(max_size=9), st.one_of(st.none(), st.binary(max_size=9)))),
    timestamp=st.integers(-(2**63), 2**63 - 1),
)
def test_no_record_breaks_the_decoder(
    value: bytes | None, headers: list[tuple[str, bytes | None]], timestamp: int
) -> None:
    handler = ActionHandler(MemoryStore(), SetClock(START), Telemetry())
    for body in (value, action(complaint_id("one"))):
        hostile = record(body, headers=[*headers, ("ce_id", value)], timestamp=timestamp)
        with suppress(Permanent):
            assert isinstance(handler.decode(hostile), AgencyActionRecord)

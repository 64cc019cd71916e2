"""A router wrote a case and never said it, and Kafka has deleted the input: it is said then."""

import json

import pytest
from aiokafka import TopicPartition

from services.router.handlers import Given
from shared.contracts.events import Asked
from shared.contracts.topics import EVENT, INPUT
from shared.errors import DatabaseAway
from shared.stage.handler import DecodedRecord, HandlerResult
from shared.stage.recovery.retention_gaps import DeletedRange
from tests.router.conftest import RouterBench
from tests.support.builders import FakeRecord, complete, follow_up, submitted

PARTITION, OTHER = TopicPartition(INPUT, 0), TopicPartition(INPUT, 1)


async def handled(router: RouterBench, *inputs: Asked, first: int) -> HandlerResult:
    items: list[DecodedRecord[Given]] = [
        DecodedRecord(FakeRecord(offset=first + number), value)
        for number, value in enumerate(inputs)
    ]
    return await router.handler.handle(items)


def said(work: HandlerResult) -> list[tuple[str, int]]:
    events = (json.loads(one.value) for one in work.publications if one.topic == EVENT)
    return [(event["number"], event["seq"]) for event in events]


async def test_cases_written_by_an_uncommitted_input_are_said_whole(router: RouterBench) -> None:
    await handled(router, submitted("one"), submitted("two"), first=10)
    lost = await handled(router, follow_up(1, name="two"), complete(2, name="two"), first=20)

    work = await router.handler.deleted({PARTITION: DeletedRange(15, 30)})

    number = said(lost)[0][0]
    assert said(work) == [(number, 1), (number, 2), (number, 3)]
    assert set(map(_bytes, lost.publications)) <= set(map(_bytes, work.publications))


async def test_what_was_committed_and_other_partitions_are_left_alone(router: RouterBench) -> None:
    await handled(router, submitted("one"), first=10)

    for gone in ({PARTITION: DeletedRange(11, 30)}, {OTHER: DeletedRange(0, 30)}):
        assert (await router.handler.deleted(gone)).publications == []


async def test_a_database_that_is_away_is_asked_again(router: RouterBench) -> None:
    router.store.away = True

    with pytest.raises(DatabaseAway):
        await router.handler.deleted({PARTITION: DeletedRange(0, 30)})


def _bytes(event: object) -> tuple[str, str, bytes]:
    return event.topic, event.ce_id, event.value  # type: ignore[attr-defined]

"""Whether the last that was said of a case is its newest state."""

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer

from deploy.operate.doctor.findings import FindingState
from deploy.operate.doctor.order import OrderFacts, judge_order, order_of, read_order
from deploy.operate.provisioning.topic_creation import create_topics
from shared.contracts.topics import EVENT, PARTITIONS
from shared.kafka.clients import client_options
from shared.settings import KafkaSettings
from tests.support.builders import FakeRecord


def said(*cases: tuple[str, int]) -> list[FakeRecord]:
    return [
        FakeRecord(EVENT, value=f'{{"number": "{number}", "seq": {seq}}}'.encode())
        for number, seq in cases
    ]


@pytest.mark.parametrize(
    "cases",
    [
        [("A", 1), ("A", 2), ("B", 1), ("A", 3)],
        [("A", 1), ("A", 2), ("A", 2), ("A", 3)],  # said twice
        [("A", 2), ("A", 3), ("A", 2), ("A", 3)],  # late, and said again
    ],
)
def test_cases_whose_newest_state_is_last_are_well(cases: Sequence[tuple[str, int]]) -> None:
    facts = order_of(said(*cases))

    assert facts.last == {}
    assert next(judge_order(facts)).state is FindingState.FINE


def test_an_older_state_behind_a_newer_one_is_named_with_both() -> None:
    facts = order_of([*said(("A", 1), ("B", 1), ("A", 2), ("A", 3), ("A", 2)), FakeRecord(EVENT)])

    found = next(judge_order(facts))
    assert facts.last == {"A": (2, 3)}
    assert found.state is FindingState.WRONG
    assert "A (seq 2, not 3)" in found.what
    assert found.value == "1 case of 2 looked at"


def test_a_topic_that_this_user_may_not_read_is_a_note() -> None:
    assert next(judge_order(OrderFacts(0, {}, hidden=True))).state is FindingState.NOTE


@pytest.mark.connected
async def test_the_ends_of_all_partitions_are_read(kafka: KafkaSettings) -> None:
    await create_topics(kafka, ())
    async with AIOKafkaProducer(**client_options(kafka)) as producer:
        for record in said(("ORDER-1", 1), ("ORDER-1", 3), ("ORDER-1", 2), ("ORDER-1", 2)):
            await producer.send_and_wait(EVENT, record.value, key=b"order-1")

    facts = await read_order(kafka, PARTITIONS)

    assert facts.last["ORDER-1"] == (2, 3)

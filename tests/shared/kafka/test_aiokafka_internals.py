"""The private parts of aiokafka are as they were when they were read."""

import asyncio
import inspect
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer.fetcher import Fetcher, PartitionRecords
from aiokafka.producer.message_accumulator import MessageBatch
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest

from shared.kafka.aiokafka_internals import CHECKED, drop_queued, place_of

PLACE = TopicPartition("complaint-input", 3)
NOWHERE = "127.0.0.1:1"


def gone(owner: str, name: str, users: str) -> str:
    return (
        f"aiokafka's {owner} has no {name} any more: look in its source for what took its place, "
        f"and change {users} in shared/kafka/aiokafka_internals.py"
    )


def test_the_release_is_the_one_that_was_read() -> None:
    found = version("aiokafka")

    assert found == CHECKED, (
        f"aiokafka {found} is installed, and its private parts were read in {CHECKED}: compare its "
        "client.py, conn.py, producer/sender.py, producer/message_accumulator.py and "
        "consumer/fetcher.py with shared/kafka/aiokafka_internals.py, run `make test-kafka`, and "
        "set CHECKED there"
    )


async def test_the_producer_has_the_parts_that_are_reached_into() -> None:
    producer = AIOKafkaProducer(bootstrap_servers=NOWHERE)
    accumulator, client, sender = producer._message_accumulator, producer.client, producer._sender

    for owner, names, users in (
        (producer, ("_closed", "_sender", "_message_accumulator"), "drop_queued"),
        (client, ("_get_conn", "_sync_task", "close"), "replace_connecting and background_tasks"),
        (sender, ("sender_task", "_send_produce_req"), "replace_producing and background_tasks"),
        (accumulator, ("_batches", "_pending_batches", "_closed", "fail_all"), "drop_queued"),
    ):
        for name in names:
            assert hasattr(owner, name), gone(type(owner).__name__, name, users)
    await producer.stop()


async def test_the_consumer_has_the_parts_that_are_reached_into() -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=NOWHERE)
    connection = AIOKafkaConnection("127.0.0.1", 1)

    for owner, names, users in (
        (consumer, ("_client",), "replace_sending"),
        (consumer._client, ("send", "ready", "_conns"), "replace_sending and send_within"),
        (connection, ("_writer", "_request_timeout", "send", "close"), "send_within"),
        (HeartbeatRequest("group", 1, "member"), ("_member_id",), "member_of"),
        (JoinGroupRequest("group", 1, 1, "member", "", "", []), ("_member_id",), "member_of"),
    ):
        for name in names:
            assert hasattr(owner, name), gone(type(owner).__name__, name, users)
    await consumer.stop()


@pytest.mark.parametrize(
    ("function", "said", "users"),
    [
        (AIOKafkaConnection.send, "wait_for(fut, self._request_timeout)", "send_within"),
        (AIOKafkaClient.send, "self.ready(node_id, group=group)", "send_within"),
        (AIOKafkaClient.ready, "self._get_conn(", "replace_connecting"),
        (Fetcher._fetch_requests_routine, "self._proc_fetch_request(", "replace_fetching"),
        (Fetcher._get_actions_per_node, "self._fetch_max_wait_ms", "set_fetch_wait"),
        (PartitionRecords.__next__, "next(self._records_iterator)", "place_of"),
    ],
    ids=["connection", "client", "ready", "fetch", "wait", "records"],
)
def test_a_function_still_goes_the_way_that_is_relied_on(
    function: Any, said: str, users: str
) -> None:
    assert said in inspect.getsource(function), (
        f"aiokafka's {function.__qualname__} says `{said}` no more: read it anew, and see whether "
        f"{users} in shared/kafka/aiokafka_internals.py still does what it says"
    )


async def test_what_is_queued_fails_and_nobody_is_told_of_it_twice() -> None:
    producer = AIOKafkaProducer(bootstrap_servers=NOWHERE)
    batch = MessageBatch(PLACE, producer.create_batch(), 1.0, 0.0)
    record = batch.append(b"key", b"value", None)
    producer._message_accumulator._batches[PLACE].append(batch)

    drop_queued(producer, ConnectionAbortedError())
    await producer.stop()  # at once, since it counts as closed

    assert isinstance(record.exception(), ConnectionAbortedError)
    assert isinstance(batch._drain_waiter.exception(), ConnectionAbortedError)
    await producer.client.close()


class Unreadable:
    """Records of a fetch of which the first cannot be read."""

    def has_next(self) -> bool:
        return True

    def next_batch(self) -> None:
        b"\xff".decode()


def test_the_place_of_a_record_that_cannot_be_read_is_found() -> None:
    records = PartitionRecords(PLACE, Unreadable(), None, 7, None, None, False, 0)

    with pytest.raises(UnicodeDecodeError) as caught:
        next(records)

    assert place_of(caught.value) == (PLACE, 7), gone("PartitionRecords", "_tp", "place_of")


def test_an_error_from_elsewhere_has_no_place() -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        b"\xff".decode()

    assert place_of(caught.value) is None


async def test_a_loop_of_asyncio_marks_a_lost_stream_by_its_transport() -> None:
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())

    assert hasattr(protocol, "_transport"), (
        "asyncio's StreamReaderProtocol has no _transport any more: look how Python's streams.py "
        "keeps it, and change abort_connection in shared/kafka/aiokafka_internals.py"
    )

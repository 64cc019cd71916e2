"""The parts of aiokafka that are not its public interface: all that are used, and only here.

They were read in the release `CHECKED`. Where another is installed, or one of them is gone,
`tests/shared/kafka/test_aiokafka_internals.py` fails and says what to look at.
"""

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import NodeNotReadyError, RequestTimedOutError

CHECKED = "0.14.0"
DEFAULT_GROUP = ConnectionGroup.DEFAULT
Call = Callable[..., Any]


def replace_connecting(client: Any, connect: Call) -> Call:
    """Have a client ask `connect` for each connection; return what it asked before."""
    before: Call = client._get_conn
    client._get_conn = connect
    return before


def replace_producing(producer: Any, send: Call) -> Call:
    """Have a producer send each request with records by `send`; return what it used before."""
    before: Call = producer._sender._send_produce_req
    producer._sender._send_produce_req = send
    return before


def replace_sending(consumer: Any, send: Call) -> tuple[Any, Call]:
    """Have a consumer send each request by `send`; return its client and what it used before."""
    client = consumer._client
    before: Call = client.send
    client.send = send
    return client, before


def replace_fetching(consumer: Any, fetch: Call) -> Call:
    """Have a started consumer fetch from each broker by `fetch`; return what it used before."""
    before: Call = consumer._fetcher._proc_fetch_request
    consumer._fetcher._proc_fetch_request = fetch
    return before


def set_fetch_wait(consumer: Any, milliseconds: int) -> None:
    """Say how long a broker may hold the consumer's next fetches back while it has nothing."""
    consumer._fetcher._fetch_max_wait_ms = milliseconds


def transport_of(connection: Any) -> asyncio.Transport | None:
    """Return the transport of a connection of the client's; None once it is closed."""
    writer: asyncio.StreamWriter | None = connection and connection._writer
    return writer.transport if writer is not None else None  # type: ignore[return-value]


def abort_connection(protocol: Any) -> None:
    """End the connection of a stream's protocol, if it is not lost yet (a part of asyncio)."""
    if protocol._transport is not None:
        protocol._transport.abort()


def background_tasks(producer: Any) -> tuple[asyncio.Task[Any] | None, ...]:
    """Return the task that sends, and the one that keeps the metadata fresh."""
    return producer._sender.sender_task, producer.client._sync_task


def drop_queued(producer: Any, error: Exception) -> None:
    """Have a producer take nothing more, count as closed, and fail all that is queued."""
    producer._closed = True
    accumulator = producer._message_accumulator
    queued = [batch for batches in accumulator._batches.values() for batch in batches]
    queued += accumulator._pending_batches
    accumulator._closed = True
    accumulator.fail_all(error)
    for batch in queued:
        waiter = batch._drain_waiter
        if waiter.done() and not waiter.cancelled():
            waiter.exception()  # read, or asyncio reports it as unheard


def member_of(request: Any) -> str:
    """Return the member's id in a request to its group's coordinator; empty for a new member."""
    member: str = request._member_id
    return member


async def send_within(
    client: Any, node_id: Any, request: Any, *, group: Any, seconds: float
) -> Any:
    """Send a request as the client does, with a time-out of its own.

    Raises:
        NodeNotReadyError: there is no connection.
        RequestTimedOutError: no answer came; the connection is closed.
    """
    if not await client.ready(node_id, group=group):
        raise NodeNotReadyError(f"node {node_id} is not ready")
    connection = client._conns[node_id, group]
    usual, connection._request_timeout = connection._request_timeout, seconds
    try:
        answer = connection.send(request)  # has taken the time-out by then
    finally:
        connection._request_timeout = usual
    try:
        return await answer
    except TimeoutError as error:
        connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
        raise RequestTimedOutError from error


def place_of(error: BaseException) -> tuple[TopicPartition, int] | None:
    """Return which record a fetch failed at; None where the error came from elsewhere."""
    # The library does not say it; the frame that failed knows.
    for frame, _ in traceback.walk_tb(error.__traceback__):
        records = frame.f_locals.get("self")
        if isinstance(records, PartitionRecords):
            return records._tp, records.next_fetch_offset
    return None

"""What the abortable producer relies on in the client and in asyncio, over plain text and TLS."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from shared.kafka.abortable_producer import AbortableProducer
from tests.support.certificates import Ours, listening

pytestmark = pytest.mark.timeout(60)
LOOPS: tuple[Callable[[], asyncio.AbstractEventLoop], ...] = (
    asyncio.new_event_loop,
    uvloop.new_event_loop,
)


def run(loop: Callable[[], asyncio.AbstractEventLoop], work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(work)


async def ended(port: int, context: ssl.SSLContext) -> None:
    """Have a producer know a connection over TLS, and end it."""
    producer = AbortableProducer(bootstrap_servers=f"127.0.0.1:{port}")
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    connection = SimpleNamespace(_writer=writer)

    async def connect(_: int) -> SimpleNamespace:
        return connection

    producer._connect = connect
    assert await producer._get_conn(0) is connection
    assert await producer._get_conn(0) is connection  # met before
    protocol: Any = writer.transport.get_protocol()
    producer.abort()
    while protocol._transport is not None:
        await asyncio.sleep(0.01)
    assert await producer._get_conn(0) is None
    await producer.end()


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_connection_over_tls_ends_with_its_producer(
    loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    ours = Ours(tmp_path)
    context = ssl.create_default_context(cafile=str(ours.authority.file))

    with listening(ours.good) as port:
        run(loop, ended(port, context))


async def test_the_client_has_the_parts_that_are_reached_into() -> None:
    assert version("aiokafka").startswith("0.14.")  # read again before another is allowed
    producer = AbortableProducer(bootstrap_servers="127.0.0.1:1")

    for owner, names in (
        (producer, ("_closed", "_sender", "_message_accumulator")),
        (producer.client, ("_get_conn", "_sync_task", "close")),
        (producer._sender, ("sender_task", "_send_produce_req")),
        (producer._message_accumulator, ("_batches", "_pending_batches", "_closed", "fail_all")),
    ):
        assert [name for name in names if not hasattr(owner, name)] == []
    await producer.end()

"""A producer that is ended takes its connections with it, over TLS and in both event loops."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
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
    assert await producer._watched_connection(0) is connection
    assert await producer._watched_connection(0) is connection  # met before
    protocol: Any = writer.transport.get_protocol()
    producer.abort()
    while protocol._transport is not None:
        await asyncio.sleep(0.01)
    assert await producer._watched_connection(0) is None
    await producer.end()


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_connection_over_tls_ends_with_its_producer(
    loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    ours = Ours(tmp_path)
    context = ssl.create_default_context(cafile=str(ours.authority.file))

    with listening(ours.good) as port:
        run(loop, ended(port, context))

"""A producer that can be ended at once, with all that it still meant to send.

aiokafka never gives up a batch of an idempotent producer: it stays queued, and is delivered
whenever the network allows, after all that others have said meanwhile. `stop` waits for it, and a
`stop` that is cut short leaves the task that sends alive. `abort` ends the sending, drops what is
queued, and resets the connections, so that what the kernel still holds of a request is dropped too.

What has left this machine is out of reach: a middlebox that keeps bytes may still deliver them.
"""

import asyncio
import socket
import struct
import weakref
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.kafka.aiokafka_internals import (
    abort_connection,
    background_tasks,
    drop_queued,
    replace_connecting,
    replace_producing,
    transport_of,
)

# Closing resets: without it the kernel would go on sending for minutes, also after a kill -9.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
SETTLE_SECONDS = 5.0  # for cancelled tasks to end


class Aborted(KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """The producer was ended while this record was on its way: it may have arrived or not."""


class AbortableProducer(AIOKafkaProducer):  # type: ignore[misc]
    """aiokafka's producer, with an end that nothing outlives."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.is_aborted = False
        # Of a transport over TLS uvloop allows no weak reference; its protocol lives as long.
        self._protocols: weakref.WeakSet[Any] = weakref.WeakSet()
        self._sending: set[asyncio.Task[Any]] = set()
        self._connect = replace_connecting(self.client, self._watched_connection)
        self._produce = replace_producing(self, self._watched_request)

    def abort(self) -> None:
        """Have nothing leave any more, from this call on; all that is pending fails."""
        if self.is_aborted:
            return
        self.is_aborted = True
        for protocol in list(self._protocols):
            abort_connection(protocol)
        for task in self._tasks():
            task.cancel()
        drop_queued(self, Aborted())

    async def end(self) -> None:
        """Abort, and wait, bounded, until tasks and connections are gone."""
        self.abort()
        if tasks := self._tasks():
            await asyncio.wait(tasks, timeout=SETTLE_SECONDS)
        async with asyncio.timeout(SETTLE_SECONDS):
            await self.client.close()

    async def _watched_connection(self, *args: Any, **options: Any) -> Any:
        connection = None if self.is_aborted else await self._connect(*args, **options)
        transport = transport_of(connection)
        if transport is None:
            return connection
        protocol = transport.get_protocol()
        if protocol not in self._protocols:
            raw: socket.socket = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._protocols.add(protocol)
        if self.is_aborted:  # while it was being made
            transport.abort()
            return None
        return connection

    async def _watched_request(self, *args: Any) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._sending.add(task)
        try:
            await self._produce(*args)
        finally:
            self._sending.discard(task)

    def _tasks(self) -> set[asyncio.Task[Any]]:
        own = (*background_tasks(self), *self._sending)
        return {task for task in own if task is not None and not task.done()}

"""Writes what came of attempts, many rows in one write.

An attempt is not over before its outcome is written: until then the next row of its complaint
waits, so that a kill can repeat a row but never change the order.
"""

import asyncio
import contextlib
import logging

from services.notifier.store import NotifierStore, Settlement
from shared.errors import Transient
from shared.runtime.clock import Clock
from shared.runtime.component import Component
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)
MOST_UNWRITTEN = 1_000
MOST_IN_ONE_WRITE = 500


class OutcomeWriter(Component):
    """Collects outcomes while a write is under way, then writes them all."""

    def __init__(
        self, store: NotifierStore, clock: Clock, *, owner: str, retry_seconds: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._retry_seconds = retry_seconds
        self._unwritten: list[tuple[Settlement, asyncio.Future[None]]] = []
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._writer: asyncio.Task[None] | None = None
        self._trouble: str | None = None

    async def start(self) -> None:
        """Begin to write."""
        self._writer = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """End; the owner has waited for what it recorded."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    def trouble(self) -> str | None:
        """Return None unless outcomes cannot be written."""
        return self._trouble

    def alive(self) -> bool:
        """Tell whether outcomes are still written."""
        return self._writer is None or not self._writer.done()

    @property
    def is_full(self) -> bool:
        """Tell whether so much is unwritten that nothing may be sent."""
        return not self._room.is_set()

    async def room(self) -> None:
        """Wait until not too much is unwritten: nothing is sent that could not be recorded."""
        await self._room.wait()

    async def record(self, settlement: Settlement) -> None:
        """Return when the outcome is written, however long the database is away."""
        written = asyncio.get_running_loop().create_future()
        self._unwritten.append((settlement, written))
        if len(self._unwritten) >= MOST_UNWRITTEN:
            self._room.clear()
        self._some.set()
        await written

    async def _write_on(self) -> None:
        while True:
            await self._some.wait()
            try:
                await self._write()
                self._trouble = None
            except Transient as error:
                await self._wait(str(error))
            except Exception as error:
                # Ours to mend. Ended here, nothing that is sent would ever be over.
                log_mistake(log, "outcomes", error)
                await self._wait(type(error).__name__)

    async def _wait(self, trouble: str) -> None:
        self._trouble = f"outcomes of deliveries wait: {trouble}"
        log.warning("%s", self._trouble)
        await asyncio.sleep(self._retry_seconds)

    async def _write(self) -> None:
        batch = self._unwritten[:MOST_IN_ONE_WRITE]
        await self._store.settle(self._owner, [one for one, _ in batch], self._clock.now())
        del self._unwritten[: len(batch)]
        for _, written in batch:
            if not written.done():
                written.set_result(None)
        if not self._unwritten:
            self._some.clear()
        if len(self._unwritten) < MOST_UNWRITTEN:
            self._room.set()

"""Many callers, one write: while one bulk is in flight, the next one collects.

A majority write that is journaled costs a disk sync; shared by all who wait at the same time, it
costs each of them little. A bulk that fails is followed by half as many. At a pace, writes begin no
closer than that: under load each holds what came meanwhile, and who comes alone waits for nobody.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.runtime.adaptive_size import AdaptiveSize

Item = TypeVar("Item")
Result = TypeVar("Result")


class WriteBatcher(Generic[Item, Result]):
    """Gathers items and writes them together; each caller gets the result of its own.

    `write` returns one result per item, in order. Its error goes to every caller of that bulk. A
    caller that stops waiting does not stop a write that has begun; before that, its item is left
    out, so that nothing is kept of what was refused already.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int = 500,
        pace_seconds: float = 0.0,
    ) -> None:
        self._write = write
        self._pace_seconds = pace_seconds
        self._begun = -math.inf  # when the last write began
        self._finishing = asyncio.Event()
        self._portion = AdaptiveSize(most)
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Return how many items are in no write yet."""
        return len(self._waiting)

    async def add(self, item: Item) -> Result:
        """Write the item with all others that wait now; return its own result."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    async def finish(self) -> None:
        """Wait until nothing is in flight; nothing waits for its pace any more."""
        self._finishing.set()
        if self._worker is not None:
            await self._worker

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._collect()
                bulk = self._waiting[: self._portion.size]
                del self._waiting[: self._portion.size]
                if wanted := [each for each in bulk if not each[1].done()]:
                    self._begun = time.monotonic()
                    await self._write_bulk(wanted)
        finally:
            self._worker = None

    async def _collect(self) -> None:
        rest = self._begun + self._pace_seconds - time.monotonic()
        if rest <= 0:
            # One turn of the loop: requests that arrived together go together.
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await self._finishing.wait()

    async def _write_bulk(self, bulk: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([item for item, _ in bulk])
        except Exception as error:
            self._portion.failed()  # whoever repeats it meets smaller bulks
            for _, future in bulk:
                _settle(future, error=error)
            return
        self._portion.succeeded()
        for (_, future), result in zip(bulk, results, strict=True):
            _settle(future, result)


def _settle(
    future: asyncio.Future[Result],
    result: Result | None = None,
    *,
    error: Exception | None = None,
) -> None:
    if future.done():  # its caller has stopped waiting
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]  # None is a result too

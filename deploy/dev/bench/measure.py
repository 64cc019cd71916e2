"""Measuring: CPU time and wall time of a span, and the waits that bound it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.dev.bench.cpu import cpu_ns
from deploy.processes import Child, PartFailed

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 60.0  # without any change: it will not come
CALM_SHARE, CALM_SECONDS, MOST_CALM_SECONDS = 0.2, 0.5, 15.0
Count = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class CostReading:
    """What a span cost: nanoseconds of CPU by process, and `seconds` for at least one record."""

    records: int
    used: Mapping[str, int]
    seconds: float

    @property
    def cpu_us(self) -> float:
        """Return CPU microseconds per record."""
        return sum(self.cpu_us_by_process.values())

    @property
    def cpu_us_by_process(self) -> Mapping[str, float]:
        """Return CPU microseconds per record, by the name of the process."""
        return {name: used / 1000 / self.records for name, used in self.used.items()}

    @property
    def per_second(self) -> float:
        """Return records per second."""
        return self.records / self.seconds


class Meter:
    """Measures some processes together, from now on.

    A wait in between ends after `patience` seconds without any change.
    """

    def __init__(self, children: Sequence[Child], *, patience: float = PATIENCE_SECONDS) -> None:
        self._children = children
        self._patience = patience
        self._seconds: float | None = None
        self._began = time.monotonic()
        self._before = self._cpu()

    def stop_clock(self) -> None:
        """End the wall time here; the CPU time goes on."""
        self._seconds = time.monotonic() - self._began

    def read(self, records: int) -> CostReading:
        """Return what it took to handle these records."""
        used = {name: now - self._before[name] for name, now in self._cpu().items()}
        if self._seconds is None:
            self.stop_clock()
        return CostReading(records, used, self._seconds or 0.0)

    async def until(
        self, wanted: int, count: Count, what: str, *, poll: float = POLL_SECONDS
    ) -> None:
        """Poll a count until it is as wanted.

        Raises:
            PartFailed: a measured process ended, or nothing changed for too long.
        """
        last, changed = -1, time.monotonic()
        while (now := await count()) < wanted:
            self._check(f"{now} of {wanted} {what}")
            if now != last:
                last, changed = now, time.monotonic()
            elif time.monotonic() - changed > self._patience:
                raise self._failed(f"stalled at {now} of {wanted} {what}")
            await asyncio.sleep(poll)

    def _cpu(self) -> Mapping[str, int]:
        return {child.name: cpu_ns(child.pid or 0) for child in self._children}

    def _check(self, where: str) -> None:
        for child in self._children:
            if not child.alive:
                reason = f"ended with code {child.returncode} at {where}; log: {child.log_path}"
                raise PartFailed(child.name, reason, child.log_tail())

    def _failed(self, reason: str) -> PartFailed:
        names = ", ".join(child.name for child in self._children)
        tails = "\n".join(child.log_tail() for child in self._children)
        logs = ", ".join(str(child.log_path) for child in self._children)
        return PartFailed(names, f"{reason}; logs: {logs}", tails)


async def calm(child: Child) -> None:
    """Wait until a started process rests: its start-up must not be measured. At most 15 s."""
    deadline = time.monotonic() + MOST_CALM_SECONDS
    while time.monotonic() < deadline:
        before = cpu_ns(child.pid or 0)
        await asyncio.sleep(CALM_SECONDS)
        if cpu_ns(child.pid or 0) - before < CALM_SHARE * CALM_SECONDS * 1e9:
            return

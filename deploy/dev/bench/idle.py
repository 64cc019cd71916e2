"""What services cost with nothing to do: CPU until ready, CPU a second at rest, and memory."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from deploy.dev.bench.cpu import cpu_ns
from deploy.dev.bench.measure import calm
from deploy.dev.bench.running import service
from deploy.dev.local.stack import Stack
from deploy.processes import Child
from shared.contracts.topics import SERVICES

SETTLE_SECONDS = 20.0  # until what a start leaves behind is done: first looks, new assignments
Figures = Mapping[str, Mapping[str, float]]


async def measure_idle(stack: Stack, *, seconds: float) -> Figures:
    """Return per service `start_cpu_s`, `idle_ms_per_s` over these seconds, and `memory_mb`.

    One after the other, so that none sees the others' coming and going. Raises PartFailed where
    one ends or is not ready in time.
    """
    found = {}
    for name in SERVICES:
        async with service(stack, name) as child:
            found[name] = await _measured(child, seconds)
    return found


async def _measured(child: Child, seconds: float) -> Mapping[str, float]:
    start = cpu_ns(child.pid or 0) / 1e9
    await asyncio.sleep(SETTLE_SECONDS)
    await calm(child)
    before = cpu_ns(child.pid or 0)
    await asyncio.sleep(seconds)
    used = cpu_ns(child.pid or 0) - before
    return {
        "start_cpu_s": round(start, 2),
        "idle_ms_per_s": round(used / 1e6 / seconds, 1),
        "memory_mb": round(resident_bytes(child.pid or 0) / 1e6),
    }


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

"""What intake does with twice as many complaints as it can take.

First closed loop: so many callers, each asking again when it has its answer, tell the capacity.
Then open loop: complaints come at twice that rate, whatever becomes of those before.
"""

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

from deploy.dev.bench.overload.connection import RawConnection, TimedReply
from deploy.dev.bench.running import service
from deploy.dev.local.stack import Stack
from deploy.operate.keys.keys_and_audit import new_key
from deploy.processes import PartFailed
from shared.database.collections import VAULT
from shared.database.mongo import Mongo

CALLERS = 64
TIMES = 2.0  # the capacity
WARM_SECONDS = 5.0  # before each measurement
TICK_SECONDS = 0.005
ACCEPTED, REFUSED = 202, 503


@dataclass(frozen=True, slots=True)
class Overload:
    """What was measured: complaints per second, seconds, and rows of the vault."""

    capacity: float
    offered: float
    told: Sequence[TimedReply]
    seconds: float
    left: int  # rows of complaints that were not accepted

    @property
    def figures(self) -> Mapping[str, float]:
        """Return what is told: rates per second, `ratio` of goodput to capacity, milliseconds."""
        accepted, refused = (
            [each.seconds for each in self.told if each.status == status]
            for status in (ACCEPTED, REFUSED)
        )
        goodput = len(accepted) / self.seconds
        return {
            "capacity": round(self.capacity, 1),
            "offered": round(self.offered, 1),
            "goodput": round(goodput, 1),
            "ratio": round(goodput / self.capacity, 2),
            "accepted_p99_ms": round(1000 * percentile(accepted, 0.99), 1),
            "refused": len(refused),
            "refused_p50_ms": round(1000 * percentile(refused, 0.5), 1),
            "refused_p99_ms": round(1000 * percentile(refused, 0.99), 1),
            "other": len(self.told) - len(accepted) - len(refused),
            "left": self.left,
        }


async def measure_overload(stack: Stack, *, seconds: float) -> Overload:
    """Measure intake alone, so many seconds closed and as many open loop.

    Raises:
        PartFailed: intake ended, or accepted nothing.
    """
    key = await new_key(stack.mongo, "gateway", "overload")
    async with service(stack, "intake"):
        load = Load(stack.url("intake"), key)
        await load.closed(WARM_SECONDS)
        told, took = await load.closed(seconds)
        capacity = sum(each.status == ACCEPTED for each in told) / took
        if not capacity:
            raise PartFailed("intake", f"accepted none of {len(told)} complaints")
        await load.open(TIMES * capacity, WARM_SECONDS)
        told, took = await load.open(TIMES * capacity, seconds)
        offered = len(told) / took
        await load.close()
    async with Mongo(stack.mongo) as mongo:
        rows = await mongo.private(VAULT).find({}, fields=("_id",))
    return Overload(capacity, offered, told, took, left=len(rows) - load.accepted)


class Load:
    """Sends complaints, each new, under one gateway's key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self._place = parts.hostname or "", parts.port or 80
        self._head = (
            "POST /v1/complaints HTTP/1.1\r\nHost: intake\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\n"
        )
        self._numbers = count()
        self._free: list[RawConnection] = []
        self.accepted = 0

    async def closed(self, seconds: float) -> tuple[Sequence[TimedReply], float]:
        """Ask so long, 64 at a time; return the answers, and how long it took."""
        began = time.perf_counter()
        told: list[TimedReply] = []

        async def ask() -> None:
            while time.perf_counter() - began < seconds:
                told.append(await self._ask())

        await asyncio.gather(*(ask() for _ in range(CALLERS)))
        return told, time.perf_counter() - began

    async def open(self, rate: float, seconds: float) -> tuple[Sequence[TimedReply], float]:
        """Ask at a rate, so long; return the answers, and how long the asking took."""
        began = time.perf_counter()
        asked: list[asyncio.Task[TimedReply]] = []
        while (passed := time.perf_counter() - began) < seconds:
            due = int(passed * rate) - len(asked)
            asked += [asyncio.create_task(self._ask()) for _ in range(due)]
            await asyncio.sleep(TICK_SECONDS)
        return await asyncio.gather(*asked), passed

    async def close(self) -> None:
        """Hang up."""
        for wire in self._free:
            wire.close()
        await asyncio.sleep(0)

    async def _ask(self) -> TimedReply:
        wire = self._free.pop() if self._free else await RawConnection.open(*self._place)
        told = await wire.ask(self._request())
        self.accepted += told.status == ACCEPTED
        if told.status:
            self._free.append(wire)
        return told

    def _request(self) -> bytes:
        number = next(self._numbers)
        body = json.dumps(
            {
                "text": f"Lampu jalan di depan pasar mati sejak kemarin, tiang nomor {number}.",
                "reporter": {"name": "Warga", "email": f"warga{number}@example.org"},
            }
        )
        head = f"{self._head}Idempotency-Key: overload-{number}\r\nContent-Length: {len(body)}\r\n"
        return f"{head}\r\n{body}".encode()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that so great a share does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

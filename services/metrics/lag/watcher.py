"""The lag watcher: how far every group is behind, measured from outside.

It joins no group and commits nothing: into a group without members the broker would accept an
offset, and the records before it would never be read. One replica watches at a time.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Protocol

from aiokafka.errors import KafkaError

from services.metrics.lag.group_lag import (
    PartitionOffsets,
    Place,
    is_in_use,
    oldest_ages,
    watched_groups,
)
from services.metrics.settings import MetricsSettings
from shared.errors import BrokerAway
from shared.runtime.clock import Clock
from shared.runtime.periodic import Periodic
from shared.telemetry.registry import Telemetry

log = logging.getLogger(__name__)
LAG, AGE = "kafka_consumergroup_lag", "salur_consumergroup_oldest_age_seconds"
MOST_FAILURES = 3  # rounds in a row after which old numbers are no longer shown


class OffsetReader(Protocol):
    """What the broker tells about a group, asked without joining it."""

    async def partitions(self) -> Mapping[str, frozenset[int]]:
        """Return the partitions of every topic."""
        ...

    async def group_offsets(self, group: str, places: frozenset[Place]) -> list[PartitionOffsets]:
        """Return the offsets of the group on each of these partitions."""
        ...

    async def sent(self, group: str, starts: Mapping[Place, int]) -> dict[Place, int]:
        """Return when (ms) the first record at or after each offset was sent, where readable."""
        ...

    async def close(self) -> None:
        """Disconnect; the next question connects again."""
        ...


class LagWatcher(Periodic):
    """Exports lag and age of all groups while this process holds the watch."""

    def __init__(
        self,
        offsets: OffsetReader,
        clock: Clock,
        telemetry: Telemetry,
        *,
        settings: MetricsSettings,
    ) -> None:
        super().__init__("lag watcher", settings.lag_seconds, self._turn)
        self._offsets = offsets
        self._clock = clock
        self._telemetry = telemetry
        self._deadline = settings.kafka.settle_timeout_ms / 1000
        self._watching = False
        self._failures = 0

    def hold(self, watching: bool) -> None:
        """Take the watch, or hand it over: then nothing is shown any more."""
        self._watching = watching
        if not watching:
            self._forget()

    async def stop(self) -> None:
        """End the watch and disconnect."""
        await super().stop()
        await self._offsets.close()

    async def look(self) -> None:
        """Measure all groups once and show the result; BrokerAway if Kafka does not answer."""
        try:
            async with asyncio.timeout(self._deadline):
                found = await self._measure()
        except (KafkaError, OSError, TimeoutError) as error:
            await self._failed()
            raise BrokerAway(f"no lag from Kafka: {type(error).__name__}") from error
        self._failures = 0
        if self._watching:
            self._show(found)

    async def _turn(self) -> None:
        if self._watching:
            await self.look()
        else:
            await self._offsets.close()

    async def _measure(self) -> dict[str, tuple[list[PartitionOffsets], dict[Place, int]]]:
        partitions = await self._offsets.partitions()
        found = {}
        for group, topics in watched_groups(partitions).items():
            places = frozenset((topic, part) for topic in topics for part in partitions[topic])
            offsets = await self._offsets.group_offsets(group, places)
            if not is_in_use(group, offsets):
                continue
            starts = {one.place: one.next for one in offsets if one.lag}
            found[group] = offsets, await self._offsets.sent(group, starts)
        return found

    def _show(
        self, found: Mapping[str, tuple[Iterable[PartitionOffsets], Mapping[Place, int]]]
    ) -> None:
        now_ms = int(self._clock.now().timestamp() * 1000)
        lags: dict[tuple[str, ...], float] = {}
        ages: dict[tuple[str, ...], float] = {}
        for group, (offsets, sent) in found.items():
            for one in offsets:
                lags[group, one.topic, str(one.partition)] = one.lag
            for topic, age in oldest_ages(offsets, sent, now_ms).items():
                ages[group, topic] = age
        self._telemetry.show({LAG: lags, AGE: ages})

    async def _failed(self) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self._forget()
        await self._offsets.close()

    def _forget(self) -> None:
        self._telemetry.show({LAG: {}, AGE: {}})

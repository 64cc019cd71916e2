"""Stops: where a partition is not gone on with until a person has looked.

A stop is written before anything it follows from is committed, so it survives a kill.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiokafka import TopicPartition
from pymongo import ReplaceOne

from shared.contracts.topics import service_of
from shared.database.mongo import Collection
from shared.stage.failure_limit import FailureLimitExceeded


@dataclass(frozen=True, slots=True)
class Halt:
    """Too many failures in a row: nothing from `offset` on is handled until `salur resume`."""

    stage: str
    topic: str
    partition: int
    offset: int
    failures: int
    reason: str
    at: datetime

    def __str__(self) -> str:
        service = service_of(self.stage)
        return (
            f"stopped at {self.topic}/{self.partition} offset {self.offset} after"
            f" {self.failures} failures in a row ({self.reason});"
            f" look at {service}-dlq, then run `salur resume {service}`"
        )


def halt_of(stage: str, found: FailureLimitExceeded, at: datetime) -> Halt:
    """Return the stop that a run of failures on one partition asks for."""
    return Halt(
        stage=stage,
        topic=found.record.topic,
        partition=found.record.partition,
        offset=found.record.offset,
        failures=found.failures,
        reason=found.reason.code,
        at=at,
    )


class HaltStore(Protocol):
    """Keeps stops where a restart finds them."""

    async def save(self, stop: Halt) -> None:
        """Keep a stop; DatabaseAway if that is not certain."""
        ...

    async def load(self) -> dict[TopicPartition, Halt]:
        """Return the stops of this stage that nobody has resumed."""
        ...


class MongoHalts:
    """The stops of one stage in its service's collection, `<service>_stops`."""

    def __init__(self, stage: str, collection: Collection) -> None:
        self._stage = stage
        self._collection = collection

    async def save(self, stop: Halt) -> None:
        """Keep a stop; one per partition."""
        key = f"{stop.topic}/{stop.partition}"
        document = {
            "_id": key,
            "topic": stop.topic,
            "partition": stop.partition,
            "offset": stop.offset,
            "failures": stop.failures,
            "reason": stop.reason,
            "at": stop.at,
        }
        await self._collection.write([ReplaceOne({"_id": key}, document, upsert=True)])

    async def load(self) -> dict[TopicPartition, Halt]:
        """Return all stops of the service's stages; no two of them read one topic."""
        found = {}
        for document in await self._collection.find({}):
            document.pop("_id")
            stop = Halt(stage=self._stage, **document)
            found[TopicPartition(stop.topic, stop.partition)] = stop
        return found

    async def resume(self) -> int:
        """Drop all stops of the service's stages; return how many there were."""
        return await self._collection.delete({})

"""The notifier of one process without Kafka, and a sender that answers when told."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifier.delivery.dispatcher import Dispatcher
from services.notifier.domain.delivery.circuit import BackoffPolicy
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import ChannelReply
from services.notifier.handlers import STAGE, NotifierHandler
from services.notifier.ports import DeliveryPorts
from services.notifier.settings import NotifierSettings
from services.notifier.store import NotifierStore
from shared.contracts.events import AgencyEvent
from shared.contracts.topics import agency_topic
from shared.runtime.clock import Clock
from shared.stage.handler import DecodedRecord
from shared.telemetry.registry import Telemetry
from tests.notifier.events import agency_record


def fast_settings(**changes: Any) -> NotifierSettings:
    """Return settings under which the ladder is climbed in a fraction of a second."""
    values: dict[str, Any] = {
        "request_seconds": 0.5,
        "lease_seconds": 1.5,
        "scan_seconds": 0.1,
        "retry_seconds": 0.05,
        "allow_private_webhooks": True,
        "ladder": BackoffPolicy(
            first_seconds=0.05, longest_seconds=0.2, total_seconds=0.4, failed_probe_seconds=0.2
        ),
    }
    return NotifierSettings(**(values | changes))


@dataclass
class Sent:
    """One attempt of a fake sender that waits for its reply."""

    row: Delivery
    reply: asyncio.Future[ChannelReply]

    def answer(self, status: int | None = 200, **more: Any) -> None:
        """Let the attempt end."""
        self.reply.set_result(ChannelReply(status, **more))


class FakeSender:
    """Answers 200, or holds every attempt open until the test answers it."""

    def __init__(self, *, holds: bool = False) -> None:
        self.sent: list[Sent] = []
        self.holds = holds
        self.status = 200

    @property
    def open(self) -> list[Sent]:
        """Return the attempts not answered yet."""
        return [one for one in self.sent if not one.reply.done()]

    @property
    def seqs(self) -> list[int]:
        """Return the seq of every attempt, in order."""
        return [one.row.seq for one in self.sent]

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> ChannelReply:
        sent = Sent(row, asyncio.get_running_loop().create_future())
        self.sent.append(sent)
        if not self.holds:
            sent.answer(self.status)
        return await sent.reply


class Notifier:
    """Handler and lanes of one process, without Kafka."""

    def __init__(
        self, store: NotifierStore, sender: Any, clock: Clock, settings: NotifierSettings
    ) -> None:
        self.telemetry = Telemetry()
        ports = DeliveryPorts(store, sender, clock, self.telemetry, lambda: 0.5)
        self.lanes = Dispatcher(ports, settings)
        self.handler = NotifierHandler(store, self.lanes, clock)
        self.store = store

    async def __aenter__(self) -> "Notifier":
        await self.lanes.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.lanes.stop()

    def hold(self, *agencies: str) -> None:
        """Have the partitions of these institutions assigned, and no others."""
        self.lanes.assigned(STAGE, frozenset(f"{agency_topic(code)}/0" for code in agencies))

    async def read(self, *events: AgencyEvent, first: int = 0) -> None:
        """Have a batch with these events, at offsets from `first`."""
        records = [agency_record(event, first + place) for place, event in enumerate(events)]
        await self.handler.handle([DecodedRecord(r, self.handler.decode(r)) for r in records])

    def delivered(self, outcome: str = "delivered") -> float:
        """Return how many attempts ended so."""
        counter = self.telemetry.counter("salur_deliveries_total")
        return float(counter.labels(outcome)._value.get())


async def abandon(notifier: Notifier) -> None:
    """End a notifier as a kill would: nothing is released, nothing more is written."""
    lanes = notifier.lanes
    running = [task for task in (lanes._watcher, lanes.outcomes._writer) if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(
        *running, *(queue.cancel() for queue in lanes._queues.values()), return_exceptions=True
    )
    lanes._watcher = lanes.outcomes._writer = None

"""A member's session: how long ago its group's coordinator heard from it.

Without a heartbeat for a session time-out the coordinator gives a member's partitions to others,
and a member that is cut off does not hear of it. So it stops by itself, a little earlier: what it
still has to say of these partitions is theirs to say.

A join is answered when all others have joined too, and that may take longer than a session: one
of them has a batch in hand. A member sends no heartbeats while it waits, and the coordinator keeps
its place. So the coordinator is asked something else meanwhile, on another connection: as long as
that is answered, an answer to the join would have come as well.

aiokafka shows neither heartbeats nor a time-out for one kind of request, so its client's `send` is
wrapped; `tests/shared/kafka/test_group_session.py` fails where that no longer sees them.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiokafka.errors import KafkaError, RebalanceInProgressError
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.group import (
    HeartbeatRequest,
    JoinGroupRequest,
    SyncGroupRequest,
)

from shared.errors import BrokerAway
from shared.kafka.aiokafka_internals import (
    DEFAULT_GROUP,
    member_of,
    replace_sending,
    send_within,
)

Result = TypeVar("Result")
SHARE = 0.8  # of the session's time-out: others begin only after the whole
_SIGNS = (HeartbeatRequest, SyncGroupRequest)
_ALIVE = frozenset({0, RebalanceInProgressError.errno})


class GroupSession:
    """When the coordinator last heard from this member, and for how long that holds."""

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._most = seconds * SHARE
        self.now = now
        self._heard: float | None = None

    def heard(self, at: float) -> None:
        """Note an answer to what was sent at this monotonic time."""
        self._heard = at

    @property
    def age(self) -> float:
        """Return the seconds since what was last answered was sent; 0 before the first join."""
        return 0.0 if self._heard is None else self.now() - self._heard

    @property
    def left(self) -> float:
        """Return for how many seconds this member may still speak for its partitions."""
        return self._most - self.age

    @property
    def pause(self) -> float:
        """Return the seconds between two questions that keep a session, as Kafka advises."""
        return self._most / 3

    @property
    def is_over(self) -> bool:
        """Tell whether others may have its partitions by now."""
        return self.left <= 0

    async def within(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Return what the work does; cancel it when the session is over first.

        Raises:
            BrokerAway: the session was over, or is.
        """
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                if self.is_over:
                    raise BrokerAway(f"the group has not answered for {self.age:.0f} s")
                await asyncio.wait({task}, timeout=self.left)
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})


class CoordinatorRequests:
    """The requests of one consumer: which may take long, and what they tell."""

    def __init__(self, consumer: Any, session: GroupSession, *, settle_seconds: float) -> None:
        self._session = session
        self._settle_seconds = settle_seconds
        self._member: str | None = None  # by which id the coordinator knew this one last
        self._client, self._send = replace_sending(consumer, self.send)

    async def send(self, node_id: Any, request: Any, *, group: Any = DEFAULT_GROUP) -> Any:
        """Send as the client does; a join waits for the others as long as they may take."""
        sent = self._session.now()
        match request:
            case JoinGroupRequest():
                answer = await self._join(node_id, request, group)
            case SyncGroupRequest():
                answer = await self._wait_for_all(node_id, request, group)
            case _:
                answer = await self._send(node_id, request, group=group)
        if isinstance(request, _SIGNS) and answer.error_code in _ALIVE:
            self._session.heard(sent)
            self._member = member_of(request)
        return answer

    async def _wait_for_all(self, node_id: Any, request: Any, group: Any) -> Any:
        return await send_within(
            self._client, node_id, request, group=group, seconds=self._settle_seconds
        )

    async def _join(self, node_id: Any, request: Any, group: Any) -> Any:
        # Another id is that of a new member: what the old one had may be another's by now.
        if member_of(request) != self._member:
            return await self._wait_for_all(node_id, request, group)
        asking = asyncio.create_task(self._ask(node_id))
        try:
            return await self._wait_for_all(node_id, request, group)
        finally:
            asking.cancel()

    async def _ask(self, node_id: Any) -> None:
        """Prolong the session by what the coordinator answers; one that is over stays over."""
        while True:
            await asyncio.sleep(self._session.pause)
            sent = self._session.now()
            if self._session.is_over:
                return
            with contextlib.suppress(KafkaError):
                await self._send(node_id, ApiVersionRequest())
                self._session.heard(sent)

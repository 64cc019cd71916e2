"""Dead letters on their way back.

How far they have been replayed is remembered as the offset of a consumer group of its own, the
mark. All letters before it were replayed or left on purpose; a replay of the rest takes those from
it on. A replay of letters by name takes any, and moves the mark over those that lie right at it:
never over one that nobody has looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition

from deploy.operate.dead_letters.erasures import Erased, nobody
from deploy.operate.dead_letters.reader import StoredDeadLetter, batches, no_letter, opened
from deploy.operate.dead_letters.repair import DeadLetterFile
from deploy.operate.dead_letters.return_paths import NotReplayable, ids_in, return_path
from shared.errors import Misconfigured
from shared.kafka.envelope import Outgoing
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings

Message = StoredDeadLetter | Outgoing


@dataclass(frozen=True, slots=True)
class ReplaySelection:
    """Which letters: those named, or all from the mark on but some; one of them mended, perhaps."""

    only: frozenset[int] = frozenset()
    skip: frozenset[int] = frozenset()
    mended: DeadLetterFile | None = None


ALL = ReplaySelection()


@dataclass(slots=True)
class DeadLetterReplay:
    """How many letters went back, how many the router says again, and which stay, and why.

    `again` lie behind the mark although they were replayed by name: the next replay takes them.
    """

    replayed: int = 0
    said_again: int = 0
    left: dict[int, str] = field(default_factory=dict)
    again: tuple[int, ...] = ()


async def replay_letters(
    settings: KafkaSettings, service: str, choice: ReplaySelection = ALL, *, erased: Erased = nobody
) -> DeadLetterReplay:
    """Publish the chosen letters to their topics of origin, or have the router say them again.

    Raises:
        BrokerAway: not all were acknowledged; the rest is replayed the next time.
        Misconfigured: a letter that was named is not there, or a topic of origin is gone or
            forbidden.
    """
    publisher = Publisher(settings)
    try:
        async with opened(settings, service) as (consumer, partition):
            replaying = _Replaying(service, consumer, partition, publisher, erased)
            await (replaying.named(choice) if choice.only else replaying.rest(choice.skip))
        return replaying.done
    finally:
        await publisher.stop()


@dataclass(slots=True)
class _Replaying:
    service: str
    consumer: Any
    partition: TopicPartition
    publisher: Publisher
    erased: Erased
    done: DeadLetterReplay = field(default_factory=DeadLetterReplay)

    async def rest(self, skip: frozenset[int]) -> None:
        """Replay all from the mark on but `skip`, which are left, and move the mark behind them."""
        await self._check(skip)
        await self._seek(await self._mark())
        async for batch in batches(self.consumer, self.partition):
            await self._publish([letter for letter in batch if letter.offset not in skip])
            await self._remember(batch[-1].offset + 1)

    async def named(self, choice: ReplaySelection) -> None:
        """Replay some letters, wherever they lie, and move the mark over those right at it."""
        found, before = await self._find(choice.only)
        if choice.mended is not None:
            found = [self._mended(letter, choice.mended) for letter in found]
        await self._publish(found, is_mended=choice.mended is not None)
        if before > await self._mark():
            await self._remember(before)
        self.done.again = tuple(at for at in sorted(choice.only) if at >= before)

    async def _check(self, skip: frozenset[int]) -> None:
        # Before anything is published: a slip of the pen must not replay what was to be left.
        missing = set(skip)
        if missing:
            await self._seek(await self._mark())
            async for batch in batches(self.consumer, self.partition):
                missing -= {letter.offset for letter in batch}
        if missing:
            raise no_letter(self.service, sorted(missing), " that waits")

    async def _find(self, only: frozenset[int]) -> tuple[list[StoredDeadLetter], int]:
        """Return the named letters, and where the mark may be once they are replayed."""
        found: list[StoredDeadLetter] = []
        mark = await self._mark()
        first_left: int | None = None
        end = mark
        await self._seek(0)
        async for batch in batches(self.consumer, self.partition):
            found += [letter for letter in batch if letter.offset in only]
            others = (at.offset for at in batch if at.offset >= mark and at.offset not in only)
            first_left = next(others, None) if first_left is None else first_left
            end = batch[-1].offset + 1
        missing = only - {letter.offset for letter in found}
        if missing:
            raise no_letter(self.service, sorted(missing))
        return found, max(mark, end if first_left is None else first_left)

    def _mended(self, letter: StoredDeadLetter, mended: DeadLetterFile) -> StoredDeadLetter:
        if isinstance(return_path(letter, now=datetime.now(UTC)), Outgoing):
            raise Misconfigured(
                f"{letter.topic} is written by the router, which says letter {letter.offset} again"
                " as it ought to be: replay it without --value"
            )
        return mended.onto(letter)

    async def _publish(
        self, letters: Sequence[StoredDeadLetter], *, is_mended: bool = False
    ) -> None:
        now = datetime.now(UTC)
        ways = [(letter, return_path(letter, now=now)) for letter in letters]
        as_they_are = [letter for letter, way in ways if isinstance(way, StoredDeadLetter)]
        forgotten = await self._of_erased([] if is_mended else as_they_are)
        messages: list[Message] = []
        for letter, way in ways:
            if isinstance(way, NotReplayable):
                self.done.left[letter.offset] = way.because
            elif isinstance(way, StoredDeadLetter) and way.offset in forgotten:
                self.done.left[letter.offset] = "its complaint is erased"
            else:
                messages.append(way)
        await self._send(messages)

    async def _of_erased(self, letters: Sequence[StoredDeadLetter]) -> set[int]:
        ids = {letter.offset: ids_in(letter) for letter in letters}
        erased = await self.erased(set().union(*ids.values()))
        return {at for at, named in ids.items() if named & erased}

    async def _send(self, messages: Sequence[Message]) -> None:
        gone = await self.publisher.publish(messages)
        if gone:
            topics = ", ".join(sorted({message.topic for message in gone}))
            raise Misconfigured(f"not replayed: topic {topics} is gone or forbidden; create it")
        asked = sum(isinstance(message, Outgoing) for message in messages)
        self.done.said_again += asked
        self.done.replayed += len(messages) - asked

    async def _mark(self) -> int:
        return await self.consumer.committed(self.partition) or 0

    async def _seek(self, offset: int) -> None:
        # Below what retention has left, the consumer begins at the oldest record by itself.
        self.consumer.seek(self.partition, offset)

    async def _remember(self, offset: int) -> None:
        await self.consumer.commit({self.partition: offset})

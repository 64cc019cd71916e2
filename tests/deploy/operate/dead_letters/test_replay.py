"""What goes back, what stays, and where the mark is afterwards."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.operate.dead_letters.erasures import erased_in
from deploy.operate.dead_letters.reader import read_letter, read_letters
from deploy.operate.dead_letters.repair import read_mended, write_letter
from deploy.operate.dead_letters.replay import (
    ALL,
    DeadLetterReplay,
    ReplaySelection,
    replay_letters,
)
from deploy.operate.provisioning.topic_creation import create_topics
from shared.contracts.topics import EVENT, INPUT, PARTITIONS
from shared.database.collections import CASES, ERASURES
from shared.database.mongo import Mongo
from shared.errors import Misconfigured, Permanent
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings
from tests.support.builders import FakeRecord, complaint_id

pytestmark = pytest.mark.connected
REASON = Permanent("invalid_value", "text: missing")
OWN_HEADERS = (("ce_id", b"id-1"), ("empty", None))
WHOLE = (b"broken", (("ce_id", b"id-1"), ("empty", b"")))


Found = tuple[bytes, tuple[tuple[str, bytes], ...]]


class Letters:
    """The dead letters of a service; all that came before this test lie behind the mark."""

    def __init__(self, kafka: KafkaSettings, service: str) -> None:
        self.kafka = kafka
        self.service = service

    async def put(self, *keys: bytes, topic: str = INPUT) -> list[int]:
        """Put letters behind the others; return where they lie."""
        records = [
            FakeRecord(topic, 3, 7, key=key, value=b"broken", headers=OWN_HEADERS) for key in keys
        ]
        publisher = Publisher(self.kafka)
        await publisher.publish([DeadLetter(self.service, one, REASON) for one in records])
        await publisher.stop()
        found = await read_letters(self.kafka, self.service)
        return [letter.offset for letter in found[-len(keys) :]]

    async def replay(self, choice: ReplaySelection = ALL) -> DeadLetterReplay:
        return await replay_letters(self.kafka, self.service, choice)

    async def only(self, *places: int) -> DeadLetterReplay:
        return await self.replay(ReplaySelection(only=frozenset(places)))

    async def skip(self, *places: int) -> DeadLetterReplay:
        return await self.replay(ReplaySelection(skip=frozenset(places)))


@pytest.fixture
async def letters(kafka: KafkaSettings) -> Letters:
    await create_topics(kafka, ())
    found = Letters(kafka, "intake")
    await found.replay()
    return found


def keys(count: int) -> list[bytes]:
    return [str(uuid4()).encode() for _ in range(count)]


async def inputs(kafka: KafkaSettings, wanted: set[bytes]) -> dict[bytes, list[Found]]:
    """Return what `complaint-input` holds under these keys, once each of them is there."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    found: dict[bytes, list[Found]] = {}
    async with consumer:
        partitions = [TopicPartition(INPUT, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while found.keys() < wanted:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.key in wanted:
                        found.setdefault(record.key, []).append((record.value, record.headers))
    return found


async def test_letters_go_back_once_and_what_stays_is_named(letters: Letters) -> None:
    one, two, event = keys(3)
    (first,) = await letters.put(one)
    (strange,) = await letters.put(b"strange", topic="somewhere-else")
    (unkeyed,) = await letters.put(b"no id", topic=EVENT)
    await letters.put(event, topic=EVENT)
    await letters.put(two)

    done = await letters.replay()

    assert (done.replayed, done.said_again, sorted(done.left)) == (2, 1, [strange, unkeyed])
    assert await letters.replay() == DeadLetterReplay()
    found = await inputs(letters.kafka, {one, two, event})
    assert (found[one], found[two]) == ([WHOLE], [WHOLE])
    asked = [json.loads(value) for value, _ in found[event]]
    assert asked == [{"complaint_id": event.decode(), "topic": EVENT}]
    # What went back before goes back again where it is named, and the mark stays.
    assert await letters.only(first) == DeadLetterReplay(replayed=1)
    assert await letters.replay() == DeadLetterReplay()


async def test_what_is_skipped_is_left_for_good_unless_it_is_named(letters: Letters) -> None:
    _, left, _ = await letters.put(*keys(3))

    assert await letters.skip(left) == DeadLetterReplay(replayed=2)
    assert await letters.replay() == DeadLetterReplay()
    assert await letters.only(left) == DeadLetterReplay(replayed=1)


async def test_a_letter_named_before_older_ones_moves_no_mark_over_them(letters: Letters) -> None:
    first, second, third = await letters.put(*keys(3))

    assert await letters.only(second) == DeadLetterReplay(replayed=1, again=(second,))
    assert await letters.only(first) == DeadLetterReplay(replayed=1)
    # The mark lies right behind the first: nobody has looked at the third.
    assert await letters.only(third) == DeadLetterReplay(replayed=1, again=(third,))
    assert await letters.skip(second) == DeadLetterReplay(replayed=1)
    assert await letters.replay() == DeadLetterReplay()


async def test_letters_named_together_move_the_mark_over_all_of_them(letters: Letters) -> None:
    first, second, _, fourth = await letters.put(*keys(4))

    assert await letters.only(fourth, second, first) == DeadLetterReplay(
        replayed=3, again=(fourth,)
    )
    assert await letters.replay() == DeadLetterReplay(replayed=2)


async def test_a_letter_that_is_not_there_keeps_all_from_going(letters: Letters) -> None:
    first, second = await letters.put(*keys(2))
    nowhere = second + 1000

    with pytest.raises(Misconfigured, match=f"no dead letter at {nowhere};"):
        await letters.only(first, nowhere)
    with pytest.raises(
        Misconfigured, match=f"no dead letter that waits at {first - 1}, {nowhere};"
    ):
        await letters.skip(second, nowhere, first - 1)
    with pytest.raises(Misconfigured, match=f"no dead letter at {nowhere};"):
        await read_letter(letters.kafka, letters.service, nowhere)
    assert await letters.replay() == DeadLetterReplay(replayed=2)


async def test_a_mended_letter_goes_in_the_place_of_its_own(
    letters: Letters, tmp_path: Path
) -> None:
    (key,) = keys(1)
    (at,) = await letters.put(key)
    file = tmp_path / "letter.json"
    write_letter(await read_letter(letters.kafka, letters.service, at), file, service="intake")
    said = json.loads(file.read_text()) | {"value": {"json": {"text": "mended"}}}
    file.write_text(json.dumps(said))
    mended = read_mended(file, service="intake", at=at)

    assert await letters.replay(
        ReplaySelection(frozenset({at}), mended=mended)
    ) == DeadLetterReplay(replayed=1)

    assert await inputs(letters.kafka, {key}) == {key: [(b'{"text":"mended"}', WHOLE[1])]}
    assert await letters.replay() == DeadLetterReplay()


async def test_an_event_is_not_mended_but_said_again(letters: Letters, tmp_path: Path) -> None:
    (at,) = await letters.put(*keys(1), topic=EVENT)
    file = tmp_path / "letter.json"
    write_letter(await read_letter(letters.kafka, letters.service, at), file, service="intake")
    mended = read_mended(file, service="intake", at=at)

    with pytest.raises(Misconfigured, match="replay it without --value"):
        await letters.replay(ReplaySelection(frozenset({at}), mended=mended))
    assert await letters.replay() == DeadLetterReplay(said_again=1)


async def test_what_was_said_of_an_erased_complaint_stays(letters: Letters, mongo: Mongo) -> None:
    blank, decided, asked, other, event = (complaint_id(str(uuid4())) for _ in range(5))
    await mongo.cases(CASES).insert({"_id": blank, "history": [{"outcome": "erased"}]})
    await mongo.cases(CASES).insert({"_id": other, "history": [{"outcome": "routed"}]})
    await mongo.cases(CASES).insert({"_id": event, "history": [{"outcome": "erased"}]})
    await mongo.private(ERASURES).insert({"_id": decided, "state": "erasing"})
    await mongo.private(ERASURES).insert({"_id": asked, "state": "asked"})
    named = (str(one).encode() for one in (blank, decided, asked, other))
    first, second, third, _ = await letters.put(*named)
    await letters.put(str(event).encode(), topic=EVENT)

    done = await replay_letters(letters.kafka, "intake", erased=erased_in(mongo))
    again = await replay_letters(
        letters.kafka, "intake", ReplaySelection(frozenset({first, third})), erased=erased_in(mongo)
    )

    assert (done.replayed, done.said_again) == (2, 1)
    assert done.left == dict.fromkeys((first, second), "its complaint is erased")
    assert (again.replayed, list(again.left)) == (1, [first])

"""Dead letters go back to where they came from, once, as they were."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.letters import Replay, letter_of, read_letters, replay_letters
from deploy.topics import create_topics
from shared.deadletters import DeadLetter
from shared.errors import Permanent
from shared.publisher import Publisher
from shared.settings import KafkaSettings
from shared.topics import INPUT, PARTITIONS
from tests import builders

REASON = Permanent("invalid_value", "text: missing")
OWN_HEADERS = (("ce_id", b"id-1"), ("empty", None))


def dead(key: str = "one", **changes: object) -> DeadLetter:
    values: dict[str, object] = {
        "topic": "complaint-input",
        "partition": 3,
        "offset": 7,
        "key": key.encode(),
        "value": b"broken",
        "headers": OWN_HEADERS,
    }
    return DeadLetter("router", builders.FakeRecord(**(values | changes)), REASON)  # type: ignore[arg-type]


def stored(letter: DeadLetter) -> builders.FakeRecord:
    return builders.FakeRecord(
        "router-dlq", 0, 11, key=letter.key, value=letter.value, headers=letter.headers
    )


def test_a_letter_knows_its_origin_apart_from_its_own_headers() -> None:
    letter = letter_of(stored(dead()))

    assert (letter.topic, letter.origin["partition"], letter.origin["offset"]) == (
        "complaint-input",
        "3",
        "7",
    )
    assert letter.headers == (("ce_id", b"id-1"), ("empty", b""))
    assert str(letter) == "11  complaint-input/3 offset 7  invalid_value: text: missing"


def test_a_record_cannot_choose_where_it_is_replayed_to() -> None:
    hostile = dead(
        "one", topic="agency-kab-3603-action", headers=[("dlq_topic", b"complaint-input")]
    )

    assert letter_of(stored(hostile)).topic == "agency-kab-3603-action"


def test_what_a_letter_says_cannot_command_the_terminal() -> None:
    letter = letter_of(builders.FakeRecord("router-dlq", headers=[("dlq_detail", b"\x1b[2J")]))

    assert str(letter).isprintable()


async def values_by_key(kafka: KafkaSettings, keys: set[bytes]) -> dict[bytes, list[object]]:
    """Return what `complaint-input` holds under these keys, once each of them is there."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    found: dict[bytes, list[object]] = {}
    async with consumer:
        partitions = [TopicPartition(INPUT, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while found.keys() < keys:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.key in keys:
                        found.setdefault(record.key, []).append((record.value, record.headers))
    return found


@pytest.mark.connected
async def test_letters_are_listed_and_replayed_once(kafka: KafkaSettings) -> None:
    await create_topics(kafka, ())
    publisher = Publisher(kafka)
    earlier = len(await read_letters(kafka, "router"))
    await replay_letters(kafka, "router")
    strange = dead("strange", topic="somewhere-else")
    await publisher.publish([dead("one"), strange, dead("two")])
    await publisher.stop()

    found = await read_letters(kafka, "router")
    first = await replay_letters(kafka, "router")
    second = await replay_letters(kafka, "router")

    assert [letter.key for letter in found[earlier:]] == [b"one", b"strange", b"two"]
    assert first == Replay(replayed=2, passed_over=1)
    assert second == Replay()
    whole = (b"broken", (("ce_id", b"id-1"), ("empty", b"")))
    assert await values_by_key(kafka, {b"one", b"two"}) == {b"one": [whole], b"two": [whole]}

"""A dead letter tells where it came from and why, and nothing can imitate that."""

import pytest

from deploy.operate.dead_letters.reader import dead_letter_of, read_letter, read_letters
from deploy.operate.provisioning.topic_creation import create_topics
from shared.errors import Permanent
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings
from tests.support import builders

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
    letter = dead_letter_of(stored(dead()))

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

    assert dead_letter_of(stored(hostile)).topic == "agency-kab-3603-action"


def test_what_a_letter_says_cannot_command_the_terminal() -> None:
    letter = dead_letter_of(builders.FakeRecord("router-dlq", headers=[("dlq_detail", b"\x1b[2J")]))

    assert str(letter).isprintable()


@pytest.mark.connected
async def test_letters_are_listed_in_the_order_they_came(kafka: KafkaSettings) -> None:
    await create_topics(kafka, ())
    publisher = Publisher(kafka)
    earlier = len(await read_letters(kafka, "router"))
    await publisher.publish([dead("one"), dead("strange", topic="somewhere-else"), dead("two")])
    await publisher.stop()

    found = await read_letters(kafka, "router")

    assert [letter.key for letter in found[earlier:]] == [b"one", b"strange", b"two"]
    assert await read_letter(kafka, "router", found[-1].offset) == found[-1]

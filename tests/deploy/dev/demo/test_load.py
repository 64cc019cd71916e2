"""The demo's feed: everything is sent, in an order that depends on the seed alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from deploy.dev.complaint_feed.faulty import RawRecord
from deploy.dev.demo.feeds import generated_feed
from deploy.dev.demo.load import BATCH_LINES, Feed, Keyed, Load
from deploy.operate.agencies.institutions import read_directory
from deploy.operate.intake_client.client import Answer, IntakeClient
from deploy.operate.intake_client.form_columns import KEY_COLUMN, Form
from shared.contracts.topics import INPUT

GOOD: list[Keyed] = [(f"key-{number}", {"text": "Lampu mati"}) for number in range(200)]
FAULTY: list[Keyed] = [("bad-1", {"faulty": True}), ("bad-2", {"faulty": True})]
BROKEN: list[RawRecord] = [(None, b"x", []), (b"key", None, [("ce_id", None)])]


class FakeIntake:
    """Accepts everything but what is marked as faulty; the number follows from the key."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.lines: list[int] = []

    async def submit(self, form: Form, key: str) -> Answer:
        self.keys.append(key)
        return Answer(422) if "faulty" in form else Answer(202, f"number-{key}")

    async def submit_batch(self, forms: Sequence[Keyed]) -> list[Answer]:
        self.lines.append(len(forms))
        return [await self.submit(form, key) for key, form in forms]


class FakeProducer:
    def __init__(self) -> None:
        self.topics: list[str] = []

    async def send_and_wait(self, topic: str, value: bytes | None, **_: Any) -> None:
        self.topics.append(topic)


async def sent(feed: Feed, seed: int = 1) -> tuple[FakeIntake, FakeProducer, Load]:
    intake, producer = FakeIntake(), FakeProducer()
    load = Load(cast(IntakeClient, intake), producer, seed)
    await load.send(feed)
    return intake, producer, load


async def test_everything_is_sent_by_posts_batches_and_straight_to_kafka() -> None:
    intake, producer, load = await sent(Feed(GOOD, FAULTY, BROKEN))

    assert len(load.answers.acknowledged) == 200
    assert load.answers.refused == 2
    assert producer.topics == [INPUT] * 2
    assert intake.lines
    assert max(intake.lines) <= BATCH_LINES


async def test_some_keys_are_repeated_and_get_the_same_number() -> None:
    intake, _, load = await sent(Feed(GOOD))

    repeated = [key for key, times in Counter(intake.keys).items() if times == 2]
    assert len(repeated) == 10
    assert all(len(numbers) == 1 for numbers in load.answers.acknowledged.values())


async def test_a_file_is_sent_without_repeats() -> None:
    intake, _, _ = await sent(Feed(GOOD, repeats=False))

    assert sorted(intake.keys) == sorted(key for key, _ in GOOD)


async def test_the_same_seed_sends_in_the_same_order() -> None:
    first, again, other = [(await sent(Feed(GOOD), seed))[0].keys for seed in (1, 1, 2)]

    assert first == again
    assert first != other


def test_a_generated_feed_has_a_key_for_every_form_and_none_inside_it() -> None:
    feed = generated_feed(read_directory(), 100, seed=3)

    assert len({key for key, _ in feed.good}) == 100
    assert not any(KEY_COLUMN in form for _, form in (*feed.good, *feed.faulty))
    assert (len(feed.faulty), len(feed.broken)) == (3, 2)
    assert feed == generated_feed(read_directory(), 100, seed=3)

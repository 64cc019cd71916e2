"""What FastStream's manual does not promise is as it was when it was read."""

import inspect
from importlib.metadata import version

from faststream.kafka import KafkaBroker

from shared.kafka.faststream_internals import CHECKED, consume_with, consumer_of, polling_tasks

WHERE = "shared/kafka/faststream_internals.py"


def test_the_release_is_the_one_that_was_read() -> None:
    found = version("faststream")

    assert found == CHECKED, (
        f"FastStream {found} is installed, and its parts were read in {CHECKED}: compare its "
        f"kafka/broker/broker.py, kafka/configs/broker.py and kafka/subscriber/usecase.py with "
        f"{WHERE}, run `make test-kafka`, and set CHECKED there"
    )


async def test_subscribers_make_the_consumer_that_they_are_given() -> None:
    broker = KafkaBroker("127.0.0.1:1", consumer_only=True)
    await broker.connect()

    consume_with(broker, dict, settle=3)

    made = broker.config.broker_config.builder(group_id="router")
    assert made["settle"] == 3
    assert made["group_id"] == "router"
    assert made["bootstrap_servers"] == ["127.0.0.1:1"], (
        "the broker's own options do not reach its consumers any more: look in FastStream's "
        f"KafkaBroker for where it keeps them, and change consume_with in {WHERE}"
    )
    await broker.stop()


def test_a_subscriber_makes_its_consumer_by_the_brokers_builder() -> None:
    subscriber = KafkaBroker("127.0.0.1:1").subscriber("complaint-input", group_id="router")

    said = inspect.getsource(type(subscriber).start) + inspect.getsource(
        next(one for one in type(subscriber).__mro__ if "builder" in vars(one))
    )
    assert "self.builder(" in said, (
        "FastStream's subscribers do not ask their broker's builder for a consumer any more: look "
        f"in kafka/subscriber/usecase.py for who makes it, and change consume_with in {WHERE}"
    )


def test_a_subscriber_that_is_not_started_has_neither_consumer_nor_task() -> None:
    subscriber = KafkaBroker("127.0.0.1:1").subscriber("complaint-input", group_id="router")

    assert consumer_of(subscriber) is None
    assert list(polling_tasks(subscriber)) == []

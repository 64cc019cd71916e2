"""The parts of FastStream that its manual does not promise: all that are used, and only here.

They were read in the release `CHECKED`. Where another is installed, or one of them is gone,
`tests/shared/kafka/test_faststream_internals.py` fails and says what to look at.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from faststream.kafka import KafkaBroker

CHECKED = "0.7.8"


def consume_with(broker: KafkaBroker, consumer: Callable[..., Any], **options: Any) -> None:
    """Have a connected broker's subscribers make `consumer`, with the broker's own options too."""
    config = broker.config.broker_config
    given = cast("partial[Any]", config.builder).keywords
    config.builder = partial(consumer, **given, **options)


def consumer_of(subscriber: Any) -> Any:
    """Return the consumer of a subscriber; None until it is started."""
    return subscriber.consumer


def polling_tasks(subscriber: Any) -> Sequence[asyncio.Task[Any]]:
    """Return the tasks in which a subscriber polls and handles; none until it is started."""
    return cast("Sequence[asyncio.Task[Any]]", subscriber.tasks)

"""What Kafka leaves out of an answer about a group is no answer."""

from typing import Any

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError

from services.metrics.lag.offsets import KafkaOffsets
from shared.settings import KafkaSettings

PLACE = ("complaint-event", 0)


class Admin:
    """Answers about no partition, as the library does where the whole group has an error."""

    async def list_consumer_group_offsets(self, group: str, *, partitions: Any) -> dict[Any, Any]:
        return {}


async def test_a_group_whose_offsets_are_not_told_is_no_group_without_offsets() -> None:
    offsets = KafkaOffsets(KafkaSettings())
    offsets._admin = Admin()

    with pytest.raises(GroupCoordinatorNotAvailableError, match="group metrics for 1 partitions"):
        await offsets.group_offsets("metrics", frozenset({PLACE}))

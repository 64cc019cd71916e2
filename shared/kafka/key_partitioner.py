"""What a producer chooses partitions by."""

import random
from collections.abc import Sequence

from shared.contracts.topics import partition_of


class KeyPartitioner:
    """What a producer chooses by; a record without a key goes anywhere."""

    def __call__(
        self, key: bytes | None, all_partitions: Sequence[int], available: Sequence[int]
    ) -> int:
        """Return one of all partitions; `available`: those that have a leader now."""
        if key is None:
            return random.choice(available or all_partitions)  # noqa: S311 - not for secrets
        return all_partitions[partition_of(key, len(all_partitions))]

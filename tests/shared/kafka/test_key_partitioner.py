"""A key's partition is the one that every other Kafka client chooses."""

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as plain_murmur2
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.topics import murmur2
from shared.kafka.key_partitioner import KeyPartitioner

CHOOSE, PLAIN = KeyPartitioner(), DefaultPartitioner()


@given(st.binary(max_size=60))
def test_the_hash_is_the_librarys(key: bytes) -> None:
    assert murmur2(key) == plain_murmur2(key) & 0xFFFFFFFF


@given(st.binary(max_size=60), st.integers(1, 100))
def test_the_partition_is_the_librarys(key: bytes, count: int) -> None:
    partitions = list(range(count))

    assert CHOOSE(key, partitions, []) == PLAIN(key, partitions, [])


def test_a_record_without_a_key_goes_where_there_is_a_leader() -> None:
    assert {CHOOSE(None, [0, 1, 2], [2]) for _ in range(20)} == {2}
    assert {CHOOSE(None, [0, 1, 2], []) for _ in range(200)} == {0, 1, 2}

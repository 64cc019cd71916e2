"""What Kafka tells of itself: its brokers, its topics, and records from the future.

With the rights of the operator's user; configurations only where that user may read them.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.metadata import MetadataRequest

from shared.kafka.clients import broker_away, client_options, create_admin
from shared.settings import KafkaSettings

FORBIDDEN = TopicAuthorizationFailedError.errno
BATCH = 200  # topics per request
FETCH, OLDEST_FETCH_OF_4 = 1, 4  # Kafka 4.0 gave up the older forms of this request


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One topic as it is; `config` is None where this user may not read it."""

    partitions: int
    copies: int = 1  # of the partition that has fewest
    leaderless: int = 0  # partitions that nobody can read or write
    behind: int = 0  # partitions of which not all copies are up to date
    config: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """The cluster as it is; `future` are topics whose newest record is of a time to come."""

    brokers: int
    is_current: bool  # Kafka 4 or newer, by the requests that it takes
    topics: Mapping[str, TopicFacts] = field(default_factory=dict)
    future: Mapping[str, float] = field(default_factory=dict)  # seconds ahead
    hidden: frozenset[str] = frozenset()  # wanted topics that this user may not see


async def read_broker(
    settings: KafkaSettings, wanted: Collection[str], *, now_ms: int, most_skew: float
) -> BrokerFacts:
    """Return what the cluster tells; BrokerAway where it does not answer or lets nobody in."""
    admin = create_admin(settings)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        topics = await _topics(admin)
        configs = await _configs(admin, sorted(topics))
        future = await _future(settings, topics, now_ms, most_skew)
        is_current, hidden = await _asked(settings, sorted(set(wanted) - topics.keys()))
        return BrokerFacts(
            brokers=len(cluster["brokers"]),
            is_current=is_current,
            hidden=hidden,
            topics={name: _facts(one, configs.get(name)) for name, one in topics.items()},
            future=future,
        )
    except (KafkaError, OSError, TimeoutError) as error:
        raise await broker_away(settings, settings.bootstrap_servers, error) from error
    finally:
        await admin.close()


async def _topics(admin: AIOKafkaAdminClient) -> dict[str, Sequence[Mapping[str, Any]]]:
    found = await admin.describe_topics()
    return {
        topic["topic"]: topic["partitions"]
        for topic in found
        if not topic["is_internal"] and not topic["error_code"]
    }


def _facts(partitions: Sequence[Mapping[str, Any]], config: Mapping[str, str] | None) -> TopicFacts:
    return TopicFacts(
        partitions=len(partitions),
        copies=min((len(one["replicas"]) for one in partitions), default=0),
        leaderless=sum(one["leader"] < 0 for one in partitions),
        behind=sum(len(one["isr"]) < len(one["replicas"]) for one in partitions),
        config=config,
    )


async def _configs(
    admin: AIOKafkaAdminClient, topics: Sequence[str]
) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for start in range(0, len(topics), BATCH):
        asked = [
            ConfigResource(ConfigResourceType.TOPIC, name, None)
            for name in topics[start : start + BATCH]
        ]
        for answer in await admin.describe_configs(asked):
            for code, _, _, name, entries in answer.resources:
                if not code:  # else this user may not read it
                    found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def _future(
    settings: KafkaSettings,
    topics: Mapping[str, Sequence[Mapping[str, Any]]],
    now_ms: int,
    most_skew: float,
) -> dict[str, float]:
    """Return the topics with a record of a time later than now, and how much later."""
    # Kafka has no clock to be asked; but it finds records by their time.
    limit = now_ms + int(most_skew * 1000)
    asked = {
        TopicPartition(name, one["partition"]): limit
        for name, partitions in topics.items()
        for one in partitions
        if one["leader"] >= 0
    }
    async with AIOKafkaConsumer(**client_options(settings)) as consumer:
        found = await consumer.offsets_for_times(asked) if asked else {}
    later: dict[str, float] = {}
    for place, at in found.items():
        if at is not None and at.timestamp >= limit:
            ahead = (at.timestamp - now_ms) / 1000
            later[place.topic] = max(ahead, later.get(place.topic, 0.0))
    return later


async def _asked(settings: KafkaSettings, unlisted: Sequence[str]) -> tuple[bool, frozenset[str]]:
    """Return whether the broker is Kafka 4 or newer, and which unlisted topics are but hidden."""
    client = AIOKafkaClient(**client_options(settings))
    try:
        await client.bootstrap()
        node = next(iter(client.cluster.brokers())).nodeId
        answer = await client.send(node, ApiVersionRequest())
        oldest = {key: least for key, least, _ in answer.api_versions}
        hidden = set()
        if unlisted and settings.username is not None:
            # By name, Kafka says of each whether it may be seen; without creating any.
            request = MetadataRequest(list(unlisted), allow_auto_topic_creation=False)
            topics = (await client.send(node, request)).to_object()["topics"]
            hidden = {one["topic"] for one in topics if one["error_code"] == FORBIDDEN}
        return oldest.get(FETCH, 0) >= OLDEST_FETCH_OF_4, frozenset(hidden)
    finally:
        await client.close()


def ask_broker(
    settings: KafkaSettings, wanted: Collection[str], *, now_ms: int, most_skew: float
) -> BrokerFacts:
    """Do as `read_broker`, from outside an event loop."""
    return asyncio.run(read_broker(settings, wanted, now_ms=now_ms, most_skew=most_skew))

"""What one institution needs on Kafka before complaints may go to it."""

import asyncio
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from aiokafka.errors import KafkaError

from deploy.operate.provisioning.apply import ApplyOptions, ClusterAdmin, apply
from deploy.operate.provisioning.connection import connected
from deploy.operate.provisioning.plan import plan
from deploy.operate.provisioning.topic_creation import create_topics
from shared.contracts.topics import agency_topic
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import create_admin
from shared.settings import KafkaSettings


def provision(
    kafka: KafkaSettings,
    code: str,
    *,
    secrets: Path | None,
    replication: int | None,
    say: Callable[[str], None],
) -> None:
    """Make an institution's topics and, where the broker asks who comes, its user and rights.

    What is there stays; not from within an event loop.

    Raises:
        BrokerAway: Kafka did not answer.
        Misconfigured: Kafka refused something, or a folder for the user's password is missing.
        PartFailed: rights are needed, and the library that grants them is not installed.
    """
    if not kafka.security_protocol.startswith("SASL"):
        say(f"topics of {code}; this broker has no users")
        asyncio.run(create_topics(kafka, (code,), replication=replication or 1))
        return
    with connected(kafka) as cluster:
        wishes = ApplyOptions(secrets=secrets, say=say)
        found = apply(cluster, plan((code,), replication=replication), wishes)
    if found.conflicts:
        raise Misconfigured("\n".join(found.conflicts))


def without_the_gone(
    cluster: ClusterAdmin, codes: Sequence[str], closed: Set[str], *, gone: Set[str]
) -> tuple[str, ...]:
    """Return the codes to plan: of the closed ones those whose topic is still kept.

    `gone` are closed ones that are to be deleted.
    """
    kept = closed & set(codes)
    if not kept:
        return tuple(codes)
    present = cluster.read(plan(tuple(sorted(kept)))).topics
    kept = {code for code in kept - gone if agency_topic(code) in present}
    return tuple(code for code in codes if code not in closed or code in kept)


def require_topic(kafka: KafkaSettings, code: str) -> None:
    """Raise Misconfigured where an institution has no topic; BrokerAway where Kafka is away."""
    if agency_topic(code) not in asyncio.run(_topics(kafka)):
        raise Misconfigured(
            f"{code} has no topic, so nothing can go to it; run: salur agencies apply"
            f" --agency {code}"
        )


async def _topics(kafka: KafkaSettings) -> frozenset[str]:
    admin = create_admin(kafka)
    try:
        await admin.start()
        return frozenset(await admin.list_topics())
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not list its topics: {type(error).__name__}") from error
    finally:
        await admin.close()

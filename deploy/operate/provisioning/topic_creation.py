"""Creates the topics of the table in `shared/contracts/topics.py`; what exists is left as it is.

But for one thing: of three copies more than one must have a record before it counts.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy.operate.provisioning.connection import connected
from deploy.operate.provisioning.replication import least_in_sync
from deploy.operate.provisioning.state import TopicState
from shared.contracts.topics import TopicSpec, topics_for
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import create_admin
from shared.settings import KafkaSettings

BATCH = 200  # topics per request: a broker answers only when all of them are made
SEEN_SECONDS = 30.0
POLL_SECONDS = 0.1


async def create_topics(
    settings: KafkaSettings, agencies: Sequence[str], *, replication: int = 1
) -> int:
    """Create what is missing for these institutions; return how many topics were made.

    Raises:
        BrokerAway: Kafka did not answer.
        Misconfigured: Kafka refused a topic; the message names it and the reason.
    """
    admin = create_admin(settings)
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        wanted = topics_for(tuple(agencies))
        missing = {name: spec for name, spec in wanted.items() if name not in existing}
        made = await _create_all(admin, missing, replication)
        await _seen(admin, missing)
        return made
    except (KafkaError, OSError) as error:
        raise BrokerAway(
            f"topics not created: {type(error).__name__}: {error}; what was made stays, so run it"
            " again, with a longer SALUR_KAFKA__REQUEST_TIMEOUT_MS where the broker is slow"
        ) from error
    finally:
        await admin.close()


def tighten_topics(settings: KafkaSettings, agencies: Sequence[str]) -> int:
    """Set `min.insync.replicas` on topics with three copies or more; return on how many.

    Not from within an event loop. Raises as `connected` does.
    """
    wanted = topics_for(tuple(agencies))
    with connected(settings) as cluster:
        return cluster.tighten({name: TopicState(spec.partitions) for name, spec in wanted.items()})


async def _create_all(
    admin: AIOKafkaAdminClient, missing: Mapping[str, TopicSpec], replication: int
) -> int:
    topics = [
        NewTopic(
            name=name,
            num_partitions=spec.partitions,
            replication_factor=replication,
            topic_configs={**spec.config, **least_in_sync(replication)},
        )
        for name, spec in missing.items()
    ]
    made = 0
    for start in range(0, len(topics), BATCH):
        response = await admin.create_topics(topics[start : start + BATCH])
        for name, code, *_ in response.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise Misconfigured(f"Kafka refused topic {name}: {for_code(code).__name__}")
            made += not code
    return made


async def _seen(admin: AIOKafkaAdminClient, names: Collection[str]) -> None:
    # Made is not yet known: a producer would be told for a moment that they do not exist.
    for _ in range(round(SEEN_SECONDS / POLL_SECONDS)):
        if set(names) <= set(await admin.list_topics()):
            return
        await asyncio.sleep(POLL_SECONDS)
    raise BrokerAway(f"topics made but not listed within {SEEN_SECONDS:.0f} s")

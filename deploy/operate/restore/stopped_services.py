"""Whether the services that write the restored collections are stopped."""

from collections.abc import Sequence

from aiokafka.errors import KafkaError, for_code

from shared.database.collections import COLLECTIONS, Recovery
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import create_admin
from shared.settings import KafkaSettings

# A service's group has its name.
GROUPS = tuple(spec.writer for spec in COLLECTIONS if spec.recovery is Recovery.EVENTS)


async def members(settings: KafkaSettings, groups: Sequence[str] = GROUPS) -> dict[str, int]:
    """Return how many members each group has; BrokerAway if Kafka does not say."""
    admin = create_admin(settings)
    try:
        await admin.start()
        # One by one: aiokafka cannot read the embedded broker's answer about several.
        return {group: await _count(admin, group) for group in groups}
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not describe {groups}: {type(error).__name__}") from error
    finally:
        await admin.close()


def require_stopped(counts: dict[str, int]) -> None:
    """Raise Misconfigured where a group has members: one of them may write while we do."""
    working = [f"{group} ({count})" for group, count in counts.items() if count]
    if working:
        raise Misconfigured(
            f"groups with members: {', '.join(working)}; stop these services first: a router would"
            " refuse actions on cases that are not restored yet. A killed one leaves after its"
            " session; --force goes on all the same"
        )


async def _count(admin: object, group: str) -> int:
    (answer,) = await admin.describe_consumer_groups([group])  # type: ignore[attr-defined]
    code, _, _, _, _, found, *_ = answer.groups[0]
    if code:
        raise for_code(code)
    return len(found)

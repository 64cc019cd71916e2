"""What the services and the operator may do, from the table of topics and what they do besides.

Kafka lets whoever may read or write a topic describe it, and whoever may write one number its
records (idempotence), so neither is granted apart.
"""

from collections.abc import Iterable, Iterator, Sequence

from deploy.operate.provisioning.state import PREFIX, Acl
from shared.contracts.topics import (
    GROUPS,
    SERVICES,
    TOPICS,
    TopicSpec,
    dead_letter_topic,
    service_of,
)

OPERATOR = "salur-operator"
WATCHER = "metrics"  # measures how far every group is behind


def service_user(service: str) -> str:
    """Return the name under which a service comes to Kafka."""
    return f"salur-{service}"


def service_users() -> tuple[str, ...]:
    """Return the users of all services and the operator's."""
    return (*map(service_user, SERVICES), OPERATOR)


def service_acls(agencies: Sequence[str]) -> Iterator[Acl]:
    """Yield what the services and the operator need where these institutions are."""
    for service in SERVICES:
        user = service_user(service)
        read, written = read_topics(service, agencies), written_topics(service, agencies)
        yield from (Acl(user, "topic", topic, "read") for topic in sorted(read))
        yield from (Acl(user, "topic", topic, "write") for topic in sorted(written))
        yield from (Acl(user, "group", group, "read") for group in groups(service))
    yield from _watching(agencies)
    yield from _operating()


def read_topics(service: str, agencies: Sequence[str]) -> set[str]:
    """Return the topics that a service consumes."""
    return _named((spec for spec in TOPICS if service in spec.consumers), agencies)


def written_topics(service: str, agencies: Sequence[str]) -> set[str]:
    """Return the topics that a service produces to, its dead letters too."""
    return _named((spec for spec in TOPICS if service in spec.producers), agencies)


def groups(service: str) -> list[str]:
    """Return the consumer groups in which a service reads."""
    return [group for group in GROUPS if service_of(group) == service]


def _watching(agencies: Sequence[str]) -> Iterator[Acl]:
    """Yield what measuring lag takes: others' offsets, and the oldest record they have not read.

    Describing a group is too little to commit into it, so the broker too sees to that.
    """
    user, own = service_user(WATCHER), read_topics(WATCHER, agencies)
    others = [service for service in SERVICES if service != WATCHER]
    watched = set[str]().union(*(read_topics(service, agencies) for service in others)) - own
    yield from (Acl(user, "topic", topic, "read") for topic in sorted(watched))
    for service in others:
        yield from (Acl(user, "group", group, "describe") for group in groups(service))


def _operating() -> Iterator[Acl]:
    """Yield what the commands take: looking at any topic, sending dead letters back, restoring."""
    names = [spec.name for spec in TOPICS if "<code>" not in spec.name]
    for operation in ("read", "write"):
        yield Acl(OPERATOR, "topic", "agency-", operation, PREFIX)
        yield from (
            Acl(OPERATOR, "topic", name, operation)
            for name in names
            if operation == "read" or not name.endswith("-dlq")
        )
    for service in SERVICES:
        yield Acl(OPERATOR, "group", f"{dead_letter_topic(service)}.replay", "read")
        yield from (Acl(OPERATOR, "group", group, "describe") for group in groups(service))


def _named(specs: Iterable[TopicSpec], agencies: Sequence[str]) -> set[str]:
    return {
        spec.name.replace("<code>", code)
        for spec in specs
        for code in (agencies if "<code>" in spec.name else ("",))
    }

"""What is, or ought to be, on a cluster: topics, users, grants and limits. Data alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.identifiers import AGENCY_CODE

AGENCY_PREFIX = "agency-"
LITERAL, PREFIX = "literal", "prefix"


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One user may do one thing with one resource, or with all whose names begin like this.

    Words as Kafka has them: `topic`, `group`, `cluster`; `read`, `write`, `describe` and others.
    """

    user: str
    resource: str
    name: str
    operation: str
    pattern: str = LITERAL
    permission: str = "allow"
    host: str = "*"

    def __str__(self) -> str:
        name = f"{self.name}*" if self.pattern == PREFIX else self.name
        where = "" if self.host == "*" else f" from {self.host}"
        return f"{self.user} {self.permission} {self.operation} {self.resource} {name}{where}"


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic; `replication` None leaves the copies to the cluster."""

    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    replication: int | None = None


@dataclass(frozen=True, slots=True)
class ClusterState:
    """All of it. Quotas are by user, under Kafka's own keys, per broker."""

    topics: Mapping[str, TopicState]
    users: frozenset[str]
    acls: frozenset[Acl]
    quotas: Mapping[str, Mapping[str, float]]


def agency_user(code: str) -> str:
    """Return the name under which an institution comes to Kafka."""
    return f"{AGENCY_PREFIX}{code}"


def agency_of_user(user: str) -> str | None:
    """Return the code of the institution whose user this is, or None."""
    code = user.removeprefix(AGENCY_PREFIX)
    return code if code != user and AGENCY_CODE.fullmatch(code) else None

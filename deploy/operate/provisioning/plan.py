"""The plan: every topic, user, grant and limit of an installation with these institutions.

Grants to institutions name topics whole: the prefix `agency-kab-36` would open kab-3601 too. Only
consumer groups go by prefix, and that one is closed with a dot.
"""

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from deploy.operate.provisioning.replication import least_in_sync
from deploy.operate.provisioning.service_rights import service_acls, service_users
from deploy.operate.provisioning.state import PREFIX, Acl, ClusterState, TopicState, agency_user
from shared.contracts.topics import TopicSpec, action_topic, agency_topic, topics_for
from shared.contracts.value_objects import Frozen


class InstitutionQuota(Frozen):
    """What one institution may take of each broker; beyond it, Kafka makes it wait."""

    producer_bytes: Annotated[int, Field(ge=1_024)] = 512 * 1024  # per second
    consumer_bytes: Annotated[int, Field(ge=1_024)] = 2 * 1024 * 1024  # per second
    request_percent: Annotated[int, Field(ge=1)] = 20  # of the time of one of its threads

    @property
    def quotas(self) -> dict[str, float]:
        """Return them under Kafka's keys."""
        return {
            "producer_byte_rate": float(self.producer_bytes),
            "consumer_byte_rate": float(self.consumer_bytes),
            "request_percentage": float(self.request_percent),
        }


LIMITS = InstitutionQuota()


def plan(
    agencies: Sequence[str], limits: InstitutionQuota = LIMITS, *, replication: int | None = None
) -> ClusterState:
    """Return what a cluster with these institutions must have."""
    specs = topics_for(tuple(agencies))
    users = {agency_user(code): limits.quotas for code in agencies}
    own = (acl for code in agencies for acl in agency_acls(code))
    return ClusterState(
        topics={name: _topic(spec, replication) for name, spec in specs.items()},
        users=frozenset((*users, *service_users())),
        acls=frozenset((*own, *service_acls(agencies))),
        quotas=MappingProxyType(users),
    )


def agency_acls(code: str) -> Iterable[Acl]:
    """Yield what an institution may do: read its topic, write its actions, in groups of its own."""
    user = agency_user(code)
    yield Acl(user, "topic", agency_topic(code), "read")
    yield Acl(user, "topic", agency_topic(code), "describe")
    yield Acl(user, "topic", action_topic(code), "write")
    yield Acl(user, "topic", action_topic(code), "describe")
    yield Acl(user, "group", f"{user}.", "read", PREFIX)


def _topic(spec: TopicSpec, replication: int | None) -> TopicState:
    config = {**spec.config, **least_in_sync(replication)}
    return TopicState(spec.partitions, config, replication)

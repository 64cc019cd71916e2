"""The plan as Strimzi's resources, for clusters whose operator owns topics and users.

`kafka.strimzi.io/v1`, one file for each institution and one for the services. Kubernetes keeps the
passwords: the User Operator makes a Secret under each user's name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from deploy.operate.provisioning.plan import InstitutionQuota, plan
from deploy.operate.provisioning.service_rights import service_users
from deploy.operate.provisioning.state import Acl, ClusterState, TopicState, agency_user
from deploy.processes import PartFailed
from shared.contracts.topics import action_topic, agency_of, agency_topic

API = "kafka.strimzi.io/v1"
CLUSTER_LABEL = "strimzi.io/cluster"
SERVICES_FILE = "services"
MISSING = "PyYAML is not installed; add the extra: pip install 'salur[admin]'"
_QUOTAS = {
    "producer_byte_rate": "producerByteRate",
    "consumer_byte_rate": "consumerByteRate",
    "request_percentage": "requestPercentage",
}


class Resource(TypedDict):
    """One Kubernetes resource."""

    apiVersion: str
    kind: str
    metadata: dict[str, object]
    spec: dict[str, object]


def render(
    agencies: Sequence[str],
    limits: InstitutionQuota,
    *,
    cluster: str,
    replication: int | None = None,
) -> dict[str, list[Resource]]:
    """Return the resources of each file, by its name without ending."""
    state = plan(agencies, limits, replication=replication)
    grants = _by_user(state.acls)
    files = {agency_user(code): _of_agency(code, state, grants) for code in agencies}
    files[SERVICES_FILE] = _of_services(state, grants)
    return {name: [_labelled(one, cluster) for one in found] for name, found in files.items()}


def write(files: dict[str, list[Resource]], folder: Path) -> None:
    """Write one YAML file each; other files in the folder stay.

    Raises PartFailed where PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise PartFailed("render", MISSING) from error
    folder.mkdir(parents=True, exist_ok=True)
    for name, resources in files.items():
        text = yaml.safe_dump_all(resources, sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _of_agency(code: str, state: ClusterState, grants: dict[str, list[Acl]]) -> list[Resource]:
    user = agency_user(code)
    topics = (agency_topic(code), action_topic(code))
    resources = [_topic(name, state.topics[name]) for name in topics]
    quotas = {_QUOTAS[key]: int(value) for key, value in state.quotas[user].items()}
    return [*resources, _user(user, grants[user], quotas)]


def _of_services(state: ClusterState, grants: dict[str, list[Acl]]) -> list[Resource]:
    own = {name: topic for name, topic in state.topics.items() if agency_of(name) is None}
    return [
        *(_topic(name, topic) for name, topic in own.items()),
        *(_user(user, grants[user]) for user in service_users()),
    ]


def _topic(name: str, topic: TopicState) -> Resource:
    spec: dict[str, object] = {"topicName": name, "partitions": topic.partitions}
    if topic.replication is not None:
        spec["replicas"] = topic.replication
    return _resource("KafkaTopic", name, spec | {"config": dict(topic.config)})


def _user(user: str, acls: Iterable[Acl], quotas: dict[str, int] | None = None) -> Resource:
    spec: dict[str, object] = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": list(_rules(acls))},
    }
    return _resource("KafkaUser", user, spec | ({"quotas": quotas} if quotas else {}))


def _rules(acls: Iterable[Acl]) -> Iterator[dict[str, object]]:
    """Yield one rule per resource, its operations together."""
    operations: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for acl in sorted(acls):
        operations[acl.resource, acl.name, acl.pattern].append(acl.operation.capitalize())
    for (kind, name, pattern), granted in operations.items():
        resource = {"type": kind, "name": name, "patternType": pattern}
        yield {"resource": resource, "operations": granted}


def _by_user(acls: Iterable[Acl]) -> dict[str, list[Acl]]:
    found: dict[str, list[Acl]] = defaultdict(list)
    for acl in acls:
        found[acl.user].append(acl)
    return found


def _resource(kind: str, name: str, spec: dict[str, object]) -> Resource:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _labelled(resource: Resource, cluster: str) -> Resource:
    metadata = resource["metadata"] | {"labels": {CLUSTER_LABEL: cluster}}
    return {**resource, "metadata": metadata}

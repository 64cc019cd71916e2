"""The plan as Strimzi's resources: the fields that its v1 API has, and no others."""

import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from deploy.operate.agencies.institutions import all_codes
from deploy.operate.provisioning.plan import LIMITS, plan
from deploy.operate.provisioning.state import Acl
from deploy.operate.provisioning.strimzi import Resource, render, write
from shared.contracts.identifiers import AGENCY_CODE

CODES = ("kab-3603", "prov-36")
# What `kubectl apply` remembers of a resource in an annotation may not be longer.
MOST_BYTES = 256 * 1024
# The custom resource definitions of Strimzi 1.2, as far as they are used.
Operation = Literal["Read", "Write", "Describe"]
ResourceName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(Strict):
    name: ResourceName
    labels: dict[Literal["strimzi.io/cluster"], str]


class TopicFields(Strict):
    topicName: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
    partitions: Annotated[int, Field(ge=1)]
    replicas: Annotated[int, Field(ge=1, le=32_767)] | None = None
    config: dict[str, str]


class Target(Strict):
    type: Literal["topic", "group"]
    name: str
    patternType: Literal["literal", "prefix"]


class Rule(Strict):
    resource: Target
    operations: Annotated[list[Operation], Field(min_length=1)]


class Authorization(Strict):
    type: Literal["simple"]
    acls: list[Rule]


class Authentication(Strict):
    type: Literal["scram-sha-512"]


class Quotas(Strict):
    producerByteRate: Annotated[int, Field(ge=0)]
    consumerByteRate: Annotated[int, Field(ge=0)]
    requestPercentage: Annotated[int, Field(ge=0)]


class UserFields(Strict):
    authentication: Authentication
    authorization: Authorization
    quotas: Quotas | None = None


class KafkaTopic(Strict):
    apiVersion: Literal["kafka.strimzi.io/v1"]
    kind: Literal["KafkaTopic"]
    metadata: Metadata
    spec: TopicFields


class KafkaUser(Strict):
    apiVersion: Literal["kafka.strimzi.io/v1"]
    kind: Literal["KafkaUser"]
    metadata: Metadata
    spec: UserFields


Known = Annotated[KafkaTopic | KafkaUser, Field(discriminator="kind")]
SCHEMA: TypeAdapter[KafkaTopic | KafkaUser] = TypeAdapter(Known)


def read(folder: Path) -> dict[str, list[KafkaTopic | KafkaUser]]:
    return {
        path.stem: [SCHEMA.validate_python(one) for one in yaml.safe_load_all(path.read_text())]
        for path in folder.iterdir()
    }


@pytest.fixture
def files(tmp_path: Path) -> dict[str, list[KafkaTopic | KafkaUser]]:
    write(render(CODES, LIMITS, cluster="national", replication=3), tmp_path)
    return read(tmp_path)


def test_every_institution_has_a_file_and_the_services_have_one(
    files: dict[str, list[KafkaTopic | KafkaUser]],
) -> None:
    assert files.keys() == {"agency-kab-3603", "agency-prov-36", "services"}
    assert [type(one) for one in files["agency-prov-36"]] == [KafkaTopic, KafkaTopic, KafkaUser]
    clusters = {one.metadata.labels["strimzi.io/cluster"] for of in files.values() for one in of}
    assert clusters == {"national"}


def test_the_files_say_what_the_plan_says(files: dict[str, list[KafkaTopic | KafkaUser]]) -> None:
    wanted = plan(CODES, replication=3)
    found = [one for resources in files.values() for one in resources]
    users = [one for one in found if isinstance(one, KafkaUser)]

    topics = {one.spec.topicName: one.spec for one in found if isinstance(one, KafkaTopic)}
    assert {
        name: (spec.partitions, spec.config, spec.replicas) for name, spec in topics.items()
    } == {name: (topic.partitions, topic.config, 3) for name, topic in wanted.topics.items()}
    assert {one.metadata.name for one in users} == wanted.users
    assert {acl for user in users for acl in acls_of(user)} == wanted.acls
    limited = {one.metadata.name for one in users if one.spec.quotas}
    assert limited == wanted.quotas.keys()


def acls_of(user: KafkaUser) -> list[Acl]:
    return [
        Acl(
            user.metadata.name,
            rule.resource.type,
            rule.resource.name,
            operation.lower(),
            rule.resource.patternType,
        )
        for rule in user.spec.authorization.acls
        for operation in rule.operations
    ]


def test_no_rule_names_a_resource_twice(files: dict[str, list[KafkaTopic | KafkaUser]]) -> None:
    for resources in files.values():
        for user in (one for one in resources if isinstance(one, KafkaUser)):
            named = [rule.resource.model_dump_json() for rule in user.spec.authorization.acls]
            assert len(named) == len(set(named))


def test_every_institution_of_the_directory_fits() -> None:
    files = render(all_codes(), LIMITS, cluster="kafka")
    resources: list[Resource] = [one for of in files.values() for one in of]

    assert len(files) == 681
    assert all(AGENCY_CODE.search(name) for name in files if name != "services")
    assert max(len(json.dumps(one)) for one in resources) < MOST_BYTES
    for one in resources:
        SCHEMA.validate_python(one)


def test_the_schema_refuses_what_the_older_api_had() -> None:
    (one, *_) = render(CODES, LIMITS, cluster="kafka")["agency-kab-3603"]

    with pytest.raises(ValueError, match="apiVersion"):
        SCHEMA.validate_python({**one, "apiVersion": "kafka.strimzi.io/v1beta2"})

"""The pod in which the operator gives commands: only where asked for, and as `salur-operator`."""

import json

import pytest

from deploy.operate.provisioning.service_rights import service_users
from tests.deployment.rendering import OPERATOR, WAYS, Manifest, manifests, of_kind, template

pytestmark = pytest.mark.deployment
ASKED_FOR = ("--set", "operator.enabled=true")


def container(*words: str) -> Manifest:
    deployment = of_kind(manifests("default", *words), "Deployment")[OPERATOR]
    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(found)


def policies(way: str) -> dict[str, Manifest]:
    return {name: one["spec"] for name, one in of_kind(manifests(way), "NetworkPolicy").items()}


def test_there_is_none_unless_it_is_asked_for() -> None:
    plain, asked = (of_kind(manifests("default", *more), "Deployment") for more in ((), ASKED_FOR))

    assert set(asked) - set(plain) == {OPERATOR}
    assert not {"operator", "operated"} & set(policies("default"))


def test_it_waits_for_commands_and_serves_nothing() -> None:
    found = container(*ASKED_FOR)

    assert found["command"] == ["sleep", "infinity"]
    assert not {"args", "ports", "livenessProbe", "readinessProbe"} & set(found)


def test_what_is_said_for_all_pods_is_said_for_it_too() -> None:
    said, source = {"example.go.id/note": "all"}, {"secretRef": {"name": "extra"}}
    words = (
        *ASKED_FOR,
        *("--set-json", f"pods.annotations={json.dumps(said)}"),
        *("--set-json", f"pods.extraEnvFrom={json.dumps([source])}"),
    )
    deployment = of_kind(manifests("default", *words), "Deployment")[OPERATOR]

    assert deployment["spec"]["template"]["metadata"]["annotations"] == said
    assert container(*words)["envFrom"] == [source]


def test_its_kafka_user_is_the_one_that_may_give_commands() -> None:
    named = {one["name"]: one for one in container(*ASKED_FOR)["env"]}
    secret = named["SALUR_KAFKA__PASSWORD"]["valueFrom"]["secretKeyRef"]

    assert named["SALUR_KAFKA__USERNAME"]["value"] == "salur-operator"
    assert named["SALUR_KAFKA__USERNAME"]["value"] in service_users()
    assert secret == {"name": "salur-operator", "key": "password"}
    assert named["SALUR_MONGO__URL"]["valueFrom"]["secretKeyRef"]["name"] == "salur-mongo"
    assert named["SALUR_INTAKE_URL"]["value"] == "http://salur-intake:80"


def test_it_may_be_another_user_of_kafka_and_of_the_database() -> None:
    own = of_kind(manifests("whole"), "Deployment")[OPERATOR]
    (found,) = own["spec"]["template"]["spec"]["containers"]
    secrets = {
        one["name"]: one["valueFrom"]["secretKeyRef"]["name"]
        for one in found["env"]
        if "valueFrom" in one
    }

    assert secrets == {"SALUR_KAFKA__PASSWORD": "hand", "SALUR_MONGO__URL": "mongo-operator"}


@pytest.mark.parametrize("way", [way for way in WAYS if way != "default"])
def test_it_reaches_the_doors_of_its_release_and_no_stranger(way: str) -> None:
    found = policies(way)
    release = found["deny"]["podSelector"]["matchLabels"]
    own = {**release, "app.kubernetes.io/component": OPERATOR}
    ports = [{"port": 8080, "protocol": "TCP"}]

    assert found["operator"]["podSelector"]["matchLabels"] == own
    assert found["operator"]["egress"] == [
        {"to": [{"podSelector": {"matchLabels": release}}], "ports": ports}
    ]
    assert found["operated"]["podSelector"]["matchLabels"] == release
    assert found["operated"]["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": own}}], "ports": ports}
    ]


def test_without_policies_it_brings_none() -> None:
    words = (*ASKED_FOR, "--set", "networkPolicy.enabled=false")

    assert not of_kind(manifests("default", *words), "NetworkPolicy")


@pytest.mark.parametrize("wrong", ["replicas=2", "enabled=yes", "mongo.existingSecret=Odd_Name"])
def test_a_wrong_value_of_it_is_refused(wrong: str) -> None:
    answer = template(*WAYS["small"], "--set", f"operator.{wrong}")

    assert answer.returncode != 0
    assert "operator" in answer.stderr

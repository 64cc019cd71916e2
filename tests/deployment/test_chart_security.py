"""Pods have no right that they do not need, and are given the data and secrets that they do."""

import pytest

from deploy.dev.generators.tree import DEPLOY
from shared.contracts.topics import SERVICES
from tests.deployment.rendering import (
    WAYS,
    Manifest,
    containers,
    manifests,
    of_kind,
    rendered,
    template,
)

pytestmark = pytest.mark.deployment


def pods(way: str) -> dict[str, Manifest]:
    found = [
        *of_kind(manifests(way), "Deployment").items(),
        *of_kind(manifests(way), "Job").items(),
    ]
    return {name: one["spec"]["template"]["spec"] for name, one in found}


@pytest.mark.parametrize("way", WAYS)
def test_every_pod_keeps_to_the_restricted_profile(way: str) -> None:
    for name, spec in pods(way).items():
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            rights = container["securityContext"]
            assert rights["runAsUser"] == 10001, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["readOnlyRootFilesystem"] is True, name


@pytest.mark.parametrize("way", WAYS)
def test_no_pod_can_ask_kubernetes(way: str) -> None:
    found = manifests(way)

    assert all(spec["automountServiceAccountToken"] is False for spec in pods(way).values())
    assert [
        one["automountServiceAccountToken"] for one in of_kind(found, "ServiceAccount").values()
    ] == [False]
    assert not {"Role", "ClusterRole", "RoleBinding"} & {one["kind"] for one in found}


@pytest.mark.parametrize("way", WAYS)
def test_no_setting_comes_from_the_names_of_services(way: str) -> None:
    # SALUR_PORT=tcp://… is what Kubernetes would tell of a Service named `salur`.
    assert {spec["enableServiceLinks"] for spec in pods(way).values()} == {False}


@pytest.mark.parametrize("way", WAYS)
def test_only_temporary_files_can_be_written(way: str) -> None:
    for name, spec in pods(way).items():
        (container,) = spec["containers"]
        writable = [
            one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")
        ]

        assert writable == ["/tmp"], name
        assert next(one for one in spec["volumes"] if one["name"] == "tmp")["emptyDir"]["sizeLimit"]


@pytest.mark.parametrize("way", WAYS)
def test_all_has_limits_on_memory_and_none_on_cpu(way: str) -> None:
    for one in manifests(way):
        for container in containers(one):
            assert set(container["resources"]["limits"]) == {"memory"}
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}


def test_the_same_data_is_given_to_all_who_read_it() -> None:
    found = of_kind(manifests("national"), "Deployment")
    given = {
        one["name"]: one["value"]
        for deployment in found.values()
        for container in containers(deployment)
        for one in container["env"]
        if str(one.get("value", "")).startswith("/etc/salur/data/")
    }

    names = ("ROUTER", "METRICS", "NOTIFIER", "INTAKE")
    assert len({given[f"{name}_DIRECTORY"] for name in names}) == 1
    assert given["ROUTER_TAXONOMY"] == given["METRICS_TAXONOMY"]
    assert "ROUTER_NEEDS" not in given  # not among the files of this ConfigMap: the image's own


@pytest.mark.parametrize("kind", ["secret", "configMap"])
def test_one_bundle_of_authorities_reaches_every_process(kind: str) -> None:
    words = ("--set", f"caBundle.{kind}=authorities", "--set", "operator.enabled=true")
    found = [one for one in manifests("default", *words) if one["kind"] in ("Deployment", "Job")]

    assert len(found) == 6  # four services, the operator, the topics
    for one in found:
        pod = one["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        named = {each["name"]: each.get("value") for each in container["env"]}
        mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
        (volume,) = (each for each in pod["volumes"] if each["name"] == "ca")
        assert named["SALUR_CA_FILE"] == f"{mounts['ca']}/ca.crt"
        assert volume[kind]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]


def test_without_a_bundle_the_system_is_trusted_and_two_are_refused() -> None:
    both = ("--set", "caBundle.secret=a", "--set", "caBundle.configMap=b")

    assert "SALUR_CA_FILE" not in rendered("small")
    with pytest.raises(AssertionError, match="not both"):
        rendered("small", *both)


@pytest.mark.parametrize("way", ["default", "small"])
def test_the_page_names_every_secret_that_must_be_there(way: str) -> None:
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    environment = [
        one["valueFrom"]["secretKeyRef"]
        for manifest in manifests(way)
        for container in containers(manifest)
        for one in container["env"]
        if "secretKeyRef" in one.get("valueFrom", {})
    ]
    scaling = [
        one
        for found in of_kind(manifests(way), "TriggerAuthentication").values()
        for one in found["spec"]["secretTargetRef"]
    ]
    own = {one["name"] for one in (*environment, *scaling)} - {
        "salur-smtp",
        "kafka-cluster-ca-cert",
    }

    assert len(own) >= 7
    assert [name for name in own if f"`{name}`" not in page] == []


def test_a_platform_may_choose_the_user_and_root_is_never_it() -> None:
    found = of_kind(manifests("small", "--set", "userId=null"), "Deployment")
    rights = [one["spec"]["template"]["spec"]["securityContext"] for one in found.values()]

    assert len(found) >= len(SERVICES)
    assert {one.get("runAsUser") for one in rights} == {None}
    assert {one["runAsNonRoot"] for one in rights} == {True}
    assert template(*WAYS["small"], "--set", "userId=0").returncode != 0

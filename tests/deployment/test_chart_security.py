"""Pods have no right that they do not need, and talk to nobody they need not."""

from ipaddress import ip_network

import pytest

from deploy.dev.generators.tree import DEPLOY
from services.intake.settings import IntakeSettings
from shared.contracts.topics import SERVICES
from shared.http.public_addresses import is_public
from tests.deployment.rendering import (
    OPERATOR,
    WAYS,
    Manifest,
    containers,
    manifests,
    of_kind,
    rendered,
    template,
)
from tests.support.programs.haproxy import CONFIGURATION

pytestmark = pytest.mark.deployment
METADATA = ("169.254.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32")
NGINX = "nginx.ingress.kubernetes.io"
LIMITS = IntakeSettings.model_fields


def pods(way: str) -> dict[str, Manifest]:
    found = [
        *of_kind(manifests(way), "Deployment").items(),
        *of_kind(manifests(way), "Job").items(),
    ]
    return {name: one["spec"]["template"]["spec"] for name, one in found}


def policies(way: str, *words: str) -> dict[str, Manifest]:
    return {
        name: one["spec"] for name, one in of_kind(manifests(way, *words), "NetworkPolicy").items()
    }


def outward(policy: Manifest) -> set[int]:
    return {port["port"] for rule in policy["egress"] for port in rule["ports"]}


def names_asked_at(policy: Manifest) -> set[int]:
    """Return the ports at which names are asked, by UDP and TCP alike."""
    ports = policy["egress"][0]["ports"]
    ways = [{one["port"] for one in ports if one["protocol"] == way} for way in ("UDP", "TCP")]
    assert ways[0] == ways[1]
    return ways[0]


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


@pytest.mark.parametrize("way", WAYS)
def test_what_no_policy_names_is_denied(way: str) -> None:
    deny = policies(way)["deny"]

    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in deny
    assert "ingress" not in deny


@pytest.mark.parametrize("way", WAYS)
def test_only_the_notifier_reaches_strangers(way: str) -> None:
    found = policies(way)
    everybody, notifier = found["backbone"], found["notifier"]

    assert outward(everybody) <= {*names_asked_at(everybody), 9092, 9093, 9094, 27017}
    assert notifier["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "notifier"
    assert outward(notifier) <= {443, 587}
    assert {name for name, one in found.items() if "egress" in one} - {OPERATOR} == {
        "backbone",
        "notifier",
    }


@pytest.mark.parametrize("way", WAYS)
def test_names_are_asked_of_those_who_answer_them_alone(way: str) -> None:
    namespace = {"whole": "openshift-dns"}.get(way, "kube-system")
    everybody = policies(way)["backbone"]
    first, *others = everybody["egress"][0]["to"]

    assert names_asked_at(everybody) == {"whole": {53, 5353}}.get(way, {53})
    assert first["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": namespace}
    # The cache of a node is an address of the node.
    assert others == ([{"ipBlock": {"cidr": "169.254.20.10/32"}}] if way == "whole" else [])


@pytest.mark.parametrize("way", WAYS)
def test_webhooks_reach_no_private_address(way: str) -> None:
    to = policies(way)["notifier"]["egress"][0]["to"]
    ipv4 = next(one["ipBlock"] for one in to if one["ipBlock"]["cidr"] == "0.0.0.0/0")
    ipv6 = [one["ipBlock"]["cidr"] for one in to if ":" in one["ipBlock"]["cidr"]]

    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", *METADATA} <= set(ipv4["except"])
    assert not any(is_public(str(ip_network(one)[0])) for one in ipv4["except"])
    # Global unicast alone: neither fc00::/7 nor fe80::/10.
    assert ipv6 == ["2000::/3"]


def test_mail_leaves_only_where_there_is_a_mail_server() -> None:
    assert outward(policies("default")["notifier"]) == {443}
    assert outward(policies("small")["notifier"]) == {443, 587}


def test_the_league_is_reached_only_where_it_is_routed_to() -> None:
    expression = {
        way: policies(way)["doors"]["podSelector"]["matchExpressions"][0]["values"]
        for way in ("small", "national")
    }

    assert expression == {"small": ["intake"], "national": ["intake", "metrics"]}


@pytest.mark.parametrize("way", ["small", "national"])
def test_outside_reaches_doors_and_never_the_operations(way: str) -> None:
    (ingress,) = of_kind(manifests(way), "Ingress").values()
    paths = {
        path["path"]: path["backend"]["service"]["name"]
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    league = {"/league", "/league.csv", "/league.json"}

    assert paths.pop("/v1") == "salur-intake"
    assert paths.pop("/openapi.json") == "salur-intake"
    assert set(paths) == (league if way == "national" else set())
    assert set(paths.values()) <= {"salur-metrics"}


@pytest.mark.parametrize("way", ["small", "national"])
def test_an_ingress_lets_whole_batches_in_and_its_callers_are_told_apart(way: str) -> None:
    found = manifests(way)
    (ingress,) = of_kind(found, "Ingress").values()
    notes = ingress["metadata"]["annotations"]
    most = int(notes[f"{NGINX}/proxy-body-size"].removesuffix("m")) * 1024 * 1024
    (intake,) = containers(of_kind(found, "Deployment")["intake"])
    trusted = [one["value"] for one in intake["env"] if one["name"] == "INTAKE_TRUSTED_PROXIES"]

    # What is beyond the limit is refused by intake, with a problem that says so.
    assert most > LIMITS["most_batch_body"].default
    slowest = LIMITS["body_seconds"].default + LIMITS["answer_seconds"].default
    assert int(notes[f"{NGINX}/proxy-read-timeout"]) > slowest
    assert trusted != []


@pytest.mark.parametrize("way", ["small", "national", "whole"])
def test_an_ingress_keeps_slow_bodies_from_intake(way: str) -> None:
    (ingress,) = of_kind(manifests(way), "Ingress").values()

    assert ingress["metadata"]["annotations"][f"{NGINX}/proxy-request-buffering"] == "on"


def test_the_shipped_proxy_keeps_slow_bodies_from_intake() -> None:
    _, _, rest = CONFIGURATION.read_text(encoding="utf-8").partition("\nfrontend salur\n")
    doors, _, _ = rest.partition("\nfrontend ")

    assert "option http-buffer-request" in [line.strip() for line in doors.splitlines()]


@pytest.mark.parametrize("way", WAYS)
def test_every_selector_finds_its_pods_and_no_others(way: str) -> None:
    found = manifests(way)
    labels = {
        name: one["spec"]["template"]["metadata"]["labels"]
        for name, one in of_kind(found, "Deployment").items()
    }
    for kind in ("Service", "PodDisruptionBudget", "ServiceMonitor", "PodMonitor"):
        for name, one in of_kind(found, kind).items():
            selector = one["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            hit = [service for service in SERVICES if wanted <= labels[service].items()]
            assert hit == [name], f"{kind} {name}"


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


def test_whatever_else_is_needed_can_be_let_out() -> None:
    words = ("--set", "networkPolicy.extraEgress[0].ports[0].port=4318")

    assert 4318 in outward(policies("small", *words)["backbone"])
    assert 4318 not in outward(policies("small")["backbone"])


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

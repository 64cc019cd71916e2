"""Pods talk to nobody they need not, and outside reaches them by their doors alone."""

from ipaddress import ip_network

import pytest

from services.intake.settings import IntakeSettings
from shared.contracts.topics import SERVICES
from shared.http.public_addresses import is_public
from tests.deployment.rendering import OPERATOR, WAYS, Manifest, containers, manifests, of_kind
from tests.support.programs.haproxy import CONFIGURATION

pytestmark = pytest.mark.deployment
METADATA = ("169.254.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32")
NGINX = "nginx.ingress.kubernetes.io"
LIMITS = IntakeSettings.model_fields


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


def test_whatever_else_is_needed_can_be_let_out() -> None:
    words = ("--set", "networkPolicy.extraEgress[0].ports[0].port=4318")

    assert 4318 in outward(policies("small", *words)["backbone"])
    assert 4318 not in outward(policies("small")["backbone"])

"""The chart says what was meant: settings that exist, ports that agree, pods that go in time."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.dev.local.certificates import Authority
from deploy.operate.agencies.institutions import SUPERVISOR, open_codes
from shared.contracts.topics import SERVICES
from shared.settings import StageSettings
from tests.deployment.environment import is_setting, read_settings
from tests.deployment.rendering import (
    OPERATOR,
    WAYS,
    Manifest,
    containers,
    deployed,
    manifests,
    of_kind,
)
from tests.support.builders import VAULT_KEYS

pytestmark = pytest.mark.deployment
ALWAYS = {
    "ConfigMap",
    "Deployment",
    "Job",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "PodMonitor",
    "PrometheusRule",
    "Service",
    "ServiceAccount",
    "ServiceMonitor",
}
SCALED = {"HorizontalPodAutoscaler", "ScaledObject", "TriggerAuthentication"}
KINDS = {
    "default": ALWAYS | SCALED,
    "small": ALWAYS | {"Ingress"},
    "whole": ALWAYS | SCALED | {"Ingress"},
    "national": ALWAYS - {"Job"} | SCALED | {"Ingress"},
}
SECRET_VALUE = re.compile(r"password|secret|token|:\/\/[^/\s]*:[^/\s]*@", re.IGNORECASE)


def pod(deployment: Manifest) -> Manifest:
    found: Manifest = deployment["spec"]["template"]["spec"]
    return found


def variables(container: Manifest) -> dict[str, Any]:
    names = [one["name"] for one in container["env"]]
    assert len(names) == len(set(names)), "a name stands twice"
    return {one["name"]: one.get("value") for one in container["env"]}


def every_container(way: str) -> Iterator[tuple[str, Manifest]]:
    for one in manifests(way):
        for container in containers(one):
            yield container["name"], container


@pytest.mark.parametrize("way", WAYS)
def test_all_kinds_are_rendered(way: str) -> None:
    assert {one["kind"] for one in manifests(way)} == KINDS[way]


@pytest.mark.parametrize("way", WAYS)
def test_there_is_one_deployment_for_each_service_from_one_image(way: str) -> None:
    found = deployed(manifests(way))

    assert set(found) == set(SERVICES)
    assert len({pod(one)["containers"][0]["image"] for one in found.values()}) == 1
    assert {name: pod(one)["containers"][0]["args"] for name, one in found.items()} == {
        name: ["run", name] for name in SERVICES
    }


@pytest.mark.parametrize("way", WAYS)
def test_every_variable_is_a_setting_of_its_service(way: str) -> None:
    for name, container in every_container(way):
        unknown = [one for one in variables(container) if not is_read(name, one)]

        assert unknown == [], name


def is_read(container: str, name: str) -> bool:
    """Tell whether what runs there reads this variable."""
    if container == OPERATOR:  # any command of all services
        return name == "SALUR_INTAKE_URL" or any(is_setting(service, name) for service in SERVICES)
    # The job runs a command, which reads the directory that routers read.
    return is_setting("router" if container == "topics" else container, name)


def test_a_variable_that_nobody_reads_is_noticed() -> None:
    assert is_setting("router", "ROUTER_KAFKA__BOOTSTRAP_SERVERS")
    assert not is_setting("router", "ROUTER_KAFKA__BOOTSTRAP_SERVER")
    assert not is_setting("router", "INTAKE_SECRET")
    assert not is_setting("notifier", "INTAKE_VAULT_KEYS")
    assert not is_setting("metrics", "SALUR_MONGO__URI")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_accepts_the_values_it_is_given(way: str, service: str, tmp_path: Path) -> None:
    (container,) = pod(of_kind(manifests(way), "Deployment")[service])["containers"]
    given = {name: value or stand_in(name) for name, value in variables(container).items()}
    mounted = str(Authority(tmp_path).file)
    given |= {name: mounted for name in given if name.endswith("CA_FILE")}

    settings = read_settings(service, given)

    assert settings.host == "0.0.0.0"
    assert settings.kafka.bootstrap_servers == given["SALUR_KAFKA__BOOTSTRAP_SERVERS"]
    assert settings.stage.drain_seconds == StageSettings().drain_seconds


def test_letters_have_links_where_a_value_says_where_intake_is_reached() -> None:
    name = "NOTIFIER_REPORTERS__LINKS"
    found = {
        way: variables(pod(of_kind(manifests(way), "Deployment")["notifier"])["containers"][0])
        for way in ("default", "whole")
    }

    assert name not in found["default"]
    assert found["whole"][name] == "https://lapor.example.go.id"


def stand_in(name: str) -> str:
    """Return what a Secret could hold."""
    if name.endswith("_KEYS"):
        return VAULT_KEYS
    return (
        "{}" if name.endswith("__HEADERS") else "https://sms.example" if "SMS" in name else "0" * 64
    )


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_written_out(way: str) -> None:
    for _, container in every_container(way):
        for name, value in variables(container).items():
            if SECRET_VALUE.search(name) or name == "SALUR_MONGO__URL":
                assert value is None, f"{name} must come from a Secret"
            elif value is not None:
                assert not SECRET_VALUE.search(str(value)), name
    assert not of_kind(manifests(way), "Secret")


@pytest.mark.parametrize("way", WAYS)
def test_every_port_named_leads_to_the_port_that_answers(way: str) -> None:
    found = manifests(way)
    for deployment in deployed(found).values():
        (container,) = pod(deployment)["containers"]
        assert container["ports"] == [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
        assert variables(container)["SALUR_PORT"] == "8080"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] == "http"
    assert {
        port["targetPort"]
        for one in of_kind(found, "Service").values()
        for port in one["spec"]["ports"]
    } == {"http"}
    for kind, key in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        ends = [end for one in of_kind(found, kind).values() for end in one["spec"][key]]
        assert {(end["port"], end["path"]) for end in ends} == {("http", "/metrics")}


def test_all_ports_follow_one_value() -> None:
    found = manifests("small", "--set", "port=9000")
    (container,) = pod(of_kind(found, "Deployment")["intake"])["containers"]
    inward = of_kind(found, "NetworkPolicy")["doors"]["spec"]["ingress"]

    assert container["ports"][0]["containerPort"] == 9000
    assert variables(container)["SALUR_PORT"] == "9000"
    assert inward[0]["ports"] == [{"port": 9000, "protocol": "TCP"}]


def test_alive_is_not_ready() -> None:
    for deployment in deployed(manifests("national")).values():
        (container,) = pod(deployment)["containers"]
        paths = {
            probe: container[probe]["httpGet"]["path"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert paths == {
            "startupProbe": "/livez",
            "livenessProbe": "/livez",
            "readinessProbe": "/readyz",
        }


@pytest.mark.parametrize("way", WAYS)
def test_a_consumer_leaves_before_another_joins_and_intake_never_shrinks(way: str) -> None:
    found = deployed(manifests(way))
    steps = {name: one["spec"]["strategy"]["rollingUpdate"] for name, one in found.items()}

    assert steps.pop("intake") == {"maxSurge": 1, "maxUnavailable": 0}
    assert list(steps.values()) == [{"maxSurge": 0, "maxUnavailable": 1}] * 3


@pytest.mark.parametrize("seconds", [20, 90])
def test_a_pod_has_the_time_that_its_requests_and_batches_may_take(seconds: int) -> None:
    found = manifests("small", "--set", f"stage.drainSeconds={seconds}")
    for name, deployment in deployed(found).items():
        (container,) = pod(deployment)["containers"]
        given = variables(container)
        waits = [
            given.get("SALUR_STOP_DELAY_SECONDS", 0),
            given["SALUR_STOP_SECONDS"],
            pause(container),
        ]

        assert given["SALUR_STAGE__DRAIN_SECONDS"] == str(seconds)
        # The notifier has two stages, which end one after the other.
        stages = 2 if name == "notifier" else 1
        needed = sum(map(int, waits)) + stages * seconds
        assert pod(deployment)["terminationGracePeriodSeconds"] > needed


def test_pods_with_doors_leave_the_service_before_they_are_told_to_go() -> None:
    found = deployed(manifests("national"))
    pauses = {name: pause(pod(one)["containers"][0]) for name, one in found.items()}

    assert pauses == {"intake": 5, "metrics": 5, "router": 0, "notifier": 0}


def pause(container: Manifest) -> int:
    return (
        int(container["lifecycle"]["preStop"]["sleep"]["seconds"])
        if "lifecycle" in container
        else 0
    )


def test_every_pod_can_be_moved_away_one_at_a_time() -> None:
    found = of_kind(manifests("small"), "PodDisruptionBudget")

    assert set(found) == set(SERVICES)
    assert {one["spec"]["maxUnavailable"] for one in found.values()} == {1}
    assert all("minAvailable" not in one["spec"] for one in found.values())


@pytest.mark.parametrize(
    ("value", "beginning"),
    [("nameOverride=complaints", "salur-complaints"), ("fullnameOverride=backbone", "backbone")],
)
def test_every_name_begins_as_the_values_say(value: str, beginning: str) -> None:
    names = {one["metadata"]["name"] for one in manifests("default", "--set", value)}

    assert [name for name in names if not name.startswith(beginning)] == []


def test_the_command_of_the_topics_job_is_one() -> None:
    for way in ("small", "whole"):
        (container,) = pod(of_kind(manifests(way), "Job")["topics"])["containers"]

        # Options are read before `--help` is followed: an unknown one is code 2.
        assert CliRunner().invoke(app, [*container["args"], "--help"]).exit_code == 0
        assert CliRunner().invoke(app, [*container["args"], "--odd", "--help"]).exit_code == 2


def test_the_routers_of_a_nation_know_who_supervises() -> None:
    (container,) = pod(of_kind(manifests("national"), "Deployment")["router"])["containers"]

    given = variables(container)["ROUTER_SUPERVISOR"]

    assert given == SUPERVISOR
    assert given in open_codes()

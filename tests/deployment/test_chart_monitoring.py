"""What the chart gives Prometheus and Grafana is what the rules and dashboards count on."""

import json
import re
from pathlib import Path

import pytest
import yaml

from deploy.dev.generators.tree import DASHBOARDS, RULES
from shared.contracts.topics import SERVICES
from shared.telemetry.catalogue import LABELS
from tests.deployment.rendering import WAYS, Manifest, manifests, of_kind

pytestmark = pytest.mark.deployment
# What the operator itself writes onto every series of a ServiceMonitor or PodMonitor.
OPERATORS = {"container", "endpoint", "instance", "job", "namespace", "pod", "service"}
SERVED = {"intake", "metrics"}
RUNBOOKS = {
    "default": "deploy/README.md",
    "small": "deploy/README.md",
    "whole": "https://docs.example.go.id/runbook.html",
    "national": "https://docs.example.go.id/salur/deploy/README.md",
}


def endpoints(way: str) -> dict[str, Manifest]:
    found = manifests(way)
    services = {
        name: one["spec"]["endpoints"] for name, one in of_kind(found, "ServiceMonitor").items()
    }
    pods = {
        name: one["spec"]["podMetricsEndpoints"]
        for name, one in of_kind(found, "PodMonitor").items()
    }
    assert set(services) == SERVED
    assert set(pods) == set(SERVICES) - SERVED
    return {name: ends[0] for name, ends in (services | pods).items()}


@pytest.mark.parametrize("way", WAYS)
def test_every_service_is_scraped_once_under_its_name(way: str) -> None:
    found = manifests(way)
    monitors = [*of_kind(found, "ServiceMonitor").values(), *of_kind(found, "PodMonitor").values()]

    assert set(endpoints(way)) == set(SERVICES)
    assert {one["spec"]["jobLabel"] for one in monitors} == {"app.kubernetes.io/component"}
    for name, one in of_kind(found, "Service").items():
        assert one["metadata"]["labels"]["app.kubernetes.io/component"] == name


def test_no_label_of_a_series_is_pushed_aside_by_the_operators() -> None:
    clashing = OPERATORS & set(LABELS)

    assert "service" in clashing
    for end in endpoints("national").values():
        dropped = {one["regex"] for one in end["relabelings"] if one["action"] == "labeldrop"}
        assert all(any(re.fullmatch(one, label) for one in dropped) for label in clashing)


def test_a_scrape_has_an_end_before_the_next_begins() -> None:
    for end in endpoints("default").values():
        assert int(end["scrapeTimeout"].removesuffix("s")) < int(end["interval"].removesuffix("s"))


@pytest.mark.parametrize("way", WAYS)
def test_rules_are_those_of_the_files(way: str) -> None:
    found = of_kind(manifests(way), "PrometheusRule")
    files = {path.stem: path for path in RULES.glob("*.yaml")}

    assert {name: one["spec"] for name, one in found.items()} == {
        name: yaml.safe_load(shown_at(way, path)) for name, path in files.items()
    }
    assert "alerts" in files


def shown_at(way: str, path: Path) -> str:
    """Return a file as the chart brings it, with the runbook where this way has it."""
    return path.read_text(encoding="utf-8").replace("deploy/README.md", RUNBOOKS[way])


@pytest.mark.parametrize("way", ["national", "whole"])
def test_alerts_and_panels_lead_to_where_the_runbook_is_served(way: str) -> None:
    found = manifests(way)
    (alerts,) = [one for name, one in of_kind(found, "PrometheusRule").items() if name == "alerts"]
    links = {
        rule["annotations"]["runbook_url"]: f"{RUNBOOKS[way]}#{rule['alert'].lower()}"
        for group in alerts["spec"]["groups"]
        for rule in group["rules"]
    }

    assert len(links) > 10
    assert all(url == wanted and url.startswith("https://") for url, wanted in links.items())
    for one in of_kind(found, "ConfigMap").values():
        (text,) = one["data"].values()
        chosen = {each["name"]: each for each in json.loads(text)["templating"]["list"]}
        assert chosen["runbook"]["query"] == RUNBOOKS[way]


@pytest.mark.parametrize("way", WAYS)
def test_dashboards_are_those_of_the_files_and_found_by_grafana(way: str) -> None:
    found = of_kind(manifests(way), "ConfigMap")
    files = {f"dashboard-{path.stem}": path for path in DASHBOARDS.glob("*.json")}

    assert set(found) == set(files)
    for name, path in files.items():
        assert found[name]["metadata"]["labels"]["grafana_dashboard"] == "1"
        shown = json.loads(found[name]["data"][path.name])
        assert shown == json.loads(shown_at(way, path))


def test_monitoring_can_be_left_out() -> None:
    off = [
        word
        for name in ("monitors", "rules", "dashboards")
        for word in ("--set", f"monitoring.{name}.enabled=false")
    ]
    kinds = {one["kind"] for one in manifests("small", *off)}

    assert not kinds & {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap"}


def test_the_operator_of_prometheus_is_told_which_are_its_own() -> None:
    for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule"):
        for one in of_kind(manifests("national"), kind).values():
            assert one["metadata"]["labels"]["release"] == "kube-prometheus-stack"

"""What helm renders is what Kubernetes, KEDA and the Prometheus operator take."""

import json
from pathlib import Path

import pytest
import yaml

from deploy.dev.generators.tree import CHART
from tests.deployment.rendering import (
    WAYS,
    Answer,
    Manifest,
    ask,
    is_custom,
    judge,
    manifests,
    rendered,
    template,
    text_of,
)
from tests.support.programs.validators import program

pytestmark = pytest.mark.deployment
OLDEST, NEWEST = "1.31", "1.37"  # the oldest is the chart's kubeVersion
CUSTOM_KINDS = {"ScaledObject", "ServiceMonitor", "PodMonitor", "PrometheusRule"}
# A value that the schema must refuse, and what the refusal must name.
WRONG = {
    "rooter.replicas=1": "rooter",
    "router.replica=1": "replica",
    "kafka.bootstrapServers=kafka": "bootstrapServers",
    "kafka.securityProtocol=TLS": "securityProtocol",
    "image.digest=sha256:abc": "digest",
    "port=80": "port",
    "logLevel=info": "logLevel",
    "intake.trustedProxies[0]=10.0.0.1": "trustedProxies",
    "networkPolicy.kafka.ports[0]=99999": "ports",
    "networkPolicy.dns.ports[0]=0": "ports",
    "monitoring.runbook=deploy/README.md": "runbook",
    "topics.institutions[0]=kab-x": "institutions",
    "notifier.smtp.tls=ssl": "tls",
    "keda.scaleDownSeconds=10": "scaleDownSeconds",
    "data.files[0]=model.salur": "files",
    "mongo.existingSecret=": "existingSecret",
}


def lint(*words: str) -> Answer:
    return ask([program("helm"), "lint", "--strict", CHART, *words])


def validated(version: str, found: list[Manifest], folder: Path) -> Answer:
    path = folder / "manifests.yaml"
    path.write_text(text_of(found), encoding="utf-8")
    return ask([program("kubernetes-validate"), "--strict", "-k", version, path])


def plain(way: str) -> list[Manifest]:
    return [one for one in manifests(way) if not is_custom(one)]


def scanned(text: str, folder: Path) -> Answer:
    (folder / "manifests.yaml").write_text(text, encoding="utf-8")
    flags = ("--skip-check-update", "--skip-version-check", "--quiet", "--exit-code", "1")
    return ask([program("trivy"), "config", *flags, "--severity", "HIGH,CRITICAL", folder])


@pytest.mark.parametrize("way", WAYS)
def test_helm_finds_nothing_to_complain_of(way: str) -> None:
    answer = lint(*WAYS[way])

    assert answer.returncode == 0, answer.stdout


def test_helm_lint_complains_of_a_wrong_value() -> None:
    assert lint(*WAYS["small"], "--set", "port=80").returncode != 0


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(version: str, tmp_path: Path) -> None:
    # All in one run: reading the schemas takes most of it.
    found = [one for way in WAYS for one in plain(way)]

    answer = validated(version, found, tmp_path)

    assert len(found) > 60
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_kubernetes_refuses_an_unknown_field(tmp_path: Path) -> None:
    found = plain("small")
    deployment = next(one for one in found if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["tokenless"] = True

    answer = validated(NEWEST, found, tmp_path)

    assert answer.returncode != 0
    assert "tokenless" in answer.stdout + answer.stderr


def test_the_oldest_kubernetes_checked_is_the_oldest_that_the_chart_allows() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))

    assert chart["kubeVersion"] == f">={OLDEST}.0-0"


def test_operators_know_every_field_of_their_resources() -> None:
    custom = [one for way in WAYS for one in manifests(way) if is_custom(one)]

    answer = judge("strict_resources.py", text_of(custom))

    assert {one["kind"] for one in custom} == {*CUSTOM_KINDS, "TriggerAuthentication"}
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_operators_refuse_an_unknown_field() -> None:
    first = {one["kind"]: one for one in manifests("national") if one["kind"] in CUSTOM_KINDS}
    for resource in first.values():
        resource["spec"]["unheardOf"] = True

    answer = judge("strict_resources.py", text_of(first.values()))

    assert answer.returncode == 1
    refused = [line for line in answer.stdout.splitlines() if "unheardOf" in line]
    assert [line.partition(" ")[0] for line in refused] == list(first)
    assert set(first) == CUSTOM_KINDS


def test_an_unknown_custom_resource_is_refused() -> None:
    odd = {"apiVersion": "keda.sh/v1", "kind": "ScaledObject", "metadata": {"name": "odd"}}

    assert "no schema for keda.sh/v1" in judge("strict_resources.py", text_of([odd])).stdout


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_value_is_refused_and_named(wrong: str) -> None:
    answer = template(*WAYS["small"], "--set", wrong)

    assert answer.returncode != 0
    assert "don't meet the specifications of the schema" in answer.stderr
    assert WRONG[wrong] in answer.stderr


def test_every_default_is_in_the_schema() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    assert set(values) == set(schema["properties"]) - {"global"}


def test_more_routers_than_partitions_are_refused() -> None:
    answer = template(*WAYS["national"], "--set", "router.autoscaling.maxReplicas=25")

    assert "the rest would idle" in answer.stderr
    assert answer.returncode != 0


def test_a_proxy_that_nobody_trusts_is_refused() -> None:
    answer = template(*WAYS["small"], "--set", "intake.trustedProxies=null")

    assert "intake.trustedProxies: name the network" in answer.stderr
    assert answer.returncode != 0


def test_without_brokers_nothing_is_rendered() -> None:
    answer = template()

    assert "kafka.bootstrapServers" in answer.stderr
    assert answer.returncode != 0


@pytest.mark.parametrize("way", WAYS)
def test_the_scanner_has_no_high_findings(way: str, tmp_path: Path) -> None:
    answer = scanned(rendered(way), tmp_path)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_scanner_finds_a_root_that_can_be_written(tmp_path: Path) -> None:
    text = rendered("small")
    weak = text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")

    answer = scanned(weak, tmp_path)

    assert weak != text
    assert answer.returncode == 1
    assert "KSV-0014" in answer.stdout or "KSV014" in answer.stdout

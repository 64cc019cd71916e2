"""What the runbook tells kubectl and helm is there in the chart, and hits what it means."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.dev.generators.tree import CHART
from deploy.operate.provisioning.password_files import PasswordFolder
from deploy.operate.provisioning.service_rights import service_users
from shared.contracts.topics import SERVICES
from tests.deployment.rendering import Manifest, containers, manifests, of_kind
from tests.deployment.shelling import STORED, Call, calls, scripts

pytestmark = pytest.mark.deployment
RELEASE = ("--set", "operator.enabled=true", "--set", "kafka.caSecret.name=kafka-cluster-ca-cert")
KINDS = {"deploy": "Deployment", "scaledobject": "ScaledObject", "pod": "Deployment"}
CONSUMERS = {"router", "notifier", "metrics"}  # what KEDA scales


def release() -> list[Manifest]:
    return manifests("default", *RELEASE)


def labels(kind: str) -> dict[str, Mapping[str, str]]:
    """Return the labels of what a selector of this kind chooses from, by its short name."""
    return {
        name: (one["spec"]["template"] if kind == "pod" else one)["metadata"]["labels"]
        for name, one in of_kind(release(), KINDS[kind]).items()
    }


def chosen(call: Call) -> set[str]:
    """Return what a call with a selector is about."""
    kind = next(word for word in call.words if word in KINDS)
    selector = call.option("-l") or ""
    wanted = re.split(r",(?![^(]*\))", selector)
    return {name for name, own in labels(kind).items() if all(fits(one, own) for one in wanted)}


def fits(requirement: str, own: Mapping[str, str]) -> bool:
    """Tell whether labels meet `a=b`, `a!=b` or `a in (b,c)`."""
    if found := re.fullmatch(r"(\S+) in \(([^)]+)\)", requirement):
        return own.get(found[1]) in found[2].split(",")
    found = re.fullmatch(r"([^\s=!]+)(!?=)([^\s=]+)", requirement)
    assert found, requirement
    return (own.get(found[1]) == found[3]) == (found[2] == "=")


def wanted_secrets() -> set[tuple[str, str]]:
    """Return name and key of every Secret that the chart's pods and scalers read."""
    found = release()
    environment = [
        (one["valueFrom"]["secretKeyRef"]["name"], one["valueFrom"]["secretKeyRef"]["key"])
        for manifest in found
        for container in containers(manifest)
        for one in container["env"]
        if "secretKeyRef" in one.get("valueFrom", {})
    ]
    scaling = [
        (one["name"], one["key"])
        for each in of_kind(found, "TriggerAuthentication").values()
        for one in each["spec"]["secretTargetRef"]
    ]
    return {*environment, *scaling}


def made(found: list[Call]) -> set[tuple[str, str]]:
    """Return name and key of every Secret that calls make."""
    return {
        (call.words[call.words.index("generic") + 1], word.partition("=")[2].partition("=")[0])
        for call in found
        if "generic" in call.words
        for word in call.words
        if word.startswith(("--from-file=", "--from-literal="))
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Call]]:
    folder: Path = tmp_path_factory.mktemp("runbook")
    return {one: calls(one, folder / str(number)) for number, one in enumerate(scripts())}


def test_the_runbook_calls_kubernetes(runs: dict[str, list[Call]]) -> None:
    assert len(runs) >= 8
    assert all(runs.values())


def test_every_call_names_the_namespace(runs: dict[str, list[Call]]) -> None:
    for call in (one for found in runs.values() for one in found):
        # A manifest that another call has made names its namespace itself.
        if call.words[0] in ("package", "apply") or call.words[:2] == ("create", "namespace"):
            continue
        is_strimzis = {"get", "secret"} <= set(call.words)
        assert call.option("-n") == ("kafka" if is_strimzis else "salur"), call


def test_every_name_is_in_the_chart(runs: dict[str, list[Call]]) -> None:
    there = {
        f"deploy/{one['metadata']['name']}" for one in of_kind(release(), "Deployment").values()
    }
    for call in (one for found in runs.values() for one in found):
        named = {word for word in call.words if word.startswith("deploy/salur")}
        if call.program == "kubectl":
            assert named <= there, call


def test_every_chart_that_is_installed_is_this_one(runs: dict[str, list[Call]]) -> None:
    helm = [one for found in runs.values() for one in found if one.program == "helm"]
    named = {word for one in helm for word in one.words if word.startswith("deploy/")}

    assert named == {str(CHART.relative_to(CHART.parents[3]))}


def test_every_selector_hits_something(runs: dict[str, list[Call]]) -> None:
    found = [one for each in runs.values() for one in each if one.option("-l")]

    assert len(found) >= 10
    assert [one for one in found if not chosen(one)] == []


def test_each_disaster_stops_what_it_means_and_starts_it_again(runs: dict[str, list[Call]]) -> None:
    scaled = [
        (chosen(one), one.option("--replicas"))
        for found in runs.values()
        for one in found
        if "scale" in one.words
    ]
    paused = [
        (chosen(one), next(word for word in one.words if word.startswith("autoscaling.")))
        for found in runs.values()
        for one in found
        if "annotate" in one.words
    ]
    stop, start = "autoscaling.keda.sh/paused-replicas=0", "autoscaling.keda.sh/paused-replicas-"
    two = {"router", "metrics"}

    assert scaled == [(set(SERVICES), "0"), (set(SERVICES), "2"), (two, "0"), (two, "2")]
    assert paused == [(CONSUMERS, stop), (CONSUMERS, start), (two, stop), (two, start)]


def test_every_command_given_in_a_pod_is_one(runs: dict[str, list[Call]]) -> None:
    given = [one for found in runs.values() for one in found if "exec" in one.words]

    assert {one.command[0] for one in given} <= {"salur", "cat"}
    for one in given:
        if one.command[0] == "cat":
            continue  # a file that a command has left there
        assert CliRunner().invoke(app, [*one.command[1:], "--help"]).exit_code == 0, one


def test_commands_are_given_in_the_pod_that_is_there_for_them(runs: dict[str, list[Call]]) -> None:
    given = [one for found in runs.values() for one in found if "exec" in one.words]
    others = [one for one in given if "deploy/salur-operator" not in one.words]

    # What takes intake's own secret is the one exception.
    assert len(given) > len(others)
    assert {one.command for one in others} == {("salur", "keys", "tracking")}
    assert all("deploy/salur-intake" in one.words for one in others)


def test_every_secret_of_the_chart_is_made_by_the_page(runs: dict[str, list[Call]]) -> None:
    every = [one for found in runs.values() for one in found]

    # `salur-admin` is of the job, which is off where users have passwords of their own.
    assert wanted_secrets() - made(every) == {("salur-admin", "password")}
    assert ("kafka-cluster-ca-cert", "ca.crt") in made(every)


def test_each_secret_gets_the_password_of_its_own_user(tmp_path: Path) -> None:
    (script,) = [one for one in scripts() if "passwords/$1.env" in one]
    found = {one.words[5]: one for one in calls(script, tmp_path) if "generic" in one.words}
    folder = PasswordFolder(tmp_path / "passwords")

    assert found.pop("salur-keda").given == folder.read("salur-metrics")
    assert {name: one.given for name, one in found.items()} == {
        name: folder.read(name) for name in service_users()
    }
    assert not any(password in str(one.words) for one in found.values() if (password := one.given))


def test_secrets_of_strimzi_come_from_kafkas_namespace(tmp_path: Path) -> None:
    (script,) = [one for one in scripts() if "jsonpath" in one]
    found = calls(script, tmp_path)
    asked = [one for one in found if "get" in one.words]
    put = [one for one in found if "generic" in one.words]

    assert {one.option("-n") for one in asked} == {"kafka"}
    assert {one.option("-o") for one in asked} == {
        "jsonpath={.data.password}",
        r"jsonpath={.data.ca\.crt}",
    }
    assert {one.given for one in put} == {"stored"}
    assert STORED not in str([one.words for one in found])
    assert {one.words[5] for one in put} == {
        *service_users(),
        "salur-keda",
        "kafka-cluster-ca-cert",
    }

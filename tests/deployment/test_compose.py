"""The compose file is one, and gives the services what they read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.dev.generators.tree import CLUSTER, DEPLOY, RULES
from deploy.operate.agencies.institutions import SUPERVISOR
from deploy.operate.keys.vault_keys import notifiers_keys
from shared.contracts.topics import SERVICES
from tests.deployment.environment import is_setting, read_settings
from tests.deployment.rendering import Manifest, ask, judge
from tests.support.builders import VAULT_KEYS
from tests.support.programs.validators import program

pytestmark = pytest.mark.deployment
ROOT = DEPLOY.parent
FILE = CLUSTER / "compose.yaml"
OWN = (*SERVICES, "topics")
# What `.env` holds of a form of its own; any other secret is 64 hexadecimal digits.
RINGS = {
    "INTAKE_VAULT_KEYS": VAULT_KEYS,
    "NOTIFIER_CONTACT_KEYS": notifiers_keys(VAULT_KEYS),
}
EXEC = r"docker compose exec (\w+) salur (keys [^#\n]+?) +#"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")


def examples() -> set[str]:
    lines = (CLUSTER / ".env.example").read_text(encoding="utf-8").splitlines()
    return {line.partition("=")[0] for line in lines if line and not line.startswith("#")}


def resolved(node: Any) -> Any:
    """Return the file with its variables as an `.env` would set those that are asked for."""
    if isinstance(node, dict):
        return {key: resolved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [resolved(one) for one in node]
    return VARIABLE.sub(_value, node) if isinstance(node, str) else node


def _value(found: re.Match[str]) -> str:
    if found["how"] == "-":
        return str(found["rest"])
    return RINGS.get(found["name"], "0" * 64)


def compose() -> Manifest:
    found: Manifest = resolved(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    return found


def whole(found: Manifest) -> str:
    """Return the file as YAML without anchors: those are reading aids, not of the specification."""
    return str(yaml.safe_dump(json.loads(json.dumps(found))))


def mounts(service: Manifest) -> Iterator[Path]:
    for volume in service.get("volumes", []):
        source = volume.partition(":")[0]
        if source.startswith("."):
            yield CLUSTER / source


def test_the_file_is_what_the_specification_says() -> None:
    answer = judge("compose_schema.py", whole(compose()))

    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("key", ["health_check", "readonly"])
def test_an_unknown_key_is_refused(key: str) -> None:
    found = compose()
    found["services"]["router"][key] = True

    answer = judge("compose_schema.py", whole(found))

    assert answer.returncode == 1
    assert key in answer.stdout


def test_all_parts_of_a_laptop_are_there() -> None:
    others = {"kafka", "mongo", "prometheus", "grafana", "mail"}

    assert set(compose()["services"]) == {*OWN, *others}


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_is_a_setting_and_is_accepted(service: str) -> None:
    given = compose()["services"][service]["environment"]

    assert [name for name in given if not is_setting(service, name)] == []
    settings = read_settings(service, given)
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.port == 8080


def test_somebody_supervises_the_institutions_of_a_laptop() -> None:
    given = compose()["services"]["router"]["environment"]

    assert given["ROUTER_SUPERVISOR"] == SUPERVISOR


def test_whatever_runs_forever_says_how_it_is() -> None:
    for name, service in compose()["services"].items():
        assert ("healthcheck" in service) == (name != "topics"), name


def test_services_wait_for_what_they_need() -> None:
    found = compose()["services"]
    for name in SERVICES:
        conditions = {one: how["condition"] for one, how in found[name]["depends_on"].items()}
        assert conditions.items() >= {
            ("topics", "service_completed_successfully"),
            ("mongo", "service_healthy"),
        }
    assert found["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}


def test_our_containers_have_no_rights() -> None:
    for name in OWN:
        service = compose()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_reached_from_another_machine() -> None:
    ports = [port for one in compose()["services"].values() for port in one.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_secret_is_in_the_file() -> None:
    text = FILE.read_text(encoding="utf-8")
    asked = {found["name"]: found["how"] for found in VARIABLE.finditer(text)}

    for line in text.splitlines():
        name, _, value = line.strip().partition(": ")
        if name.isupper() and re.search("SECRET|PASSWORD|KEY", name):
            assert value.startswith("${"), line
    assert asked["INTAKE_SECRET"] == asked["GRAFANA_PASSWORD"] == "?"
    assert set(asked) == examples()


def test_the_first_key_is_made_as_file_and_page_say() -> None:
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    said = re.findall(EXEC, FILE.read_text(encoding="utf-8"))
    ((where, command),) = said

    assert re.findall(EXEC, page) == said
    # Options are read before `--help` is followed: an unknown one is code 2.
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0
    assert CliRunner().invoke(app, [*command.split(), "--odd", "--help"]).exit_code == 2
    assert "SALUR_MONGO__URL" in compose()["services"][where]["environment"]


def test_what_is_mounted_is_there() -> None:
    found = compose()["services"]
    paths = [path for one in found.values() for path in mounts(one)]

    assert len(paths) == 4
    assert [path for path in paths if not path.exists()] == []


def test_prometheus_scrapes_every_service_where_it_answers() -> None:
    text = (CLUSTER / "compose" / "prometheus.yaml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["scrape_configs"]

    assert {one["job_name"]: one["static_configs"] for one in jobs} == {
        name: [{"targets": [f"{name}:8080"]}] for name in SERVICES
    }


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    text = (CLUSTER / "compose" / "prometheus.yaml").read_text(encoding="utf-8")
    (tmp_path / "p.yaml").write_text(
        text.replace("/etc/prometheus/rules", str(RULES)),
        encoding="utf-8",
    )

    answer = ask([program("promtool"), "check", "config", tmp_path / "p.yaml"])

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_yaml_is_tidy() -> None:
    # From the root of the tree: its `.yamllint` leaves out what is a template.
    folders = ("compose.yaml", "compose", "helm", "monitoring")
    paths = [(CLUSTER / one).relative_to(ROOT) for one in folders]

    answer = ask([program("yamllint"), "--strict", *paths], folder=ROOT)

    assert answer.returncode == 0, answer.stdout


def test_untidy_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text("a: 1\na: 2\n", encoding="utf-8")

    answer = ask([program("yamllint"), "--strict", tmp_path])

    assert answer.returncode != 0
    assert "duplication of key" in answer.stdout

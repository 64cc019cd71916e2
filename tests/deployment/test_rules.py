"""Rules and alerts as Prometheus' own tools judge them; each alert is tested both ways."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.dev.generators import tree
from tests.deployment.queries import alerts
from tests.deployment.rendering import Answer, ask
from tests.support.programs.validators import program

pytestmark = pytest.mark.deployment
RULES = sorted(tree.RULES.glob("*.yaml"))
TESTS = sorted((tree.MONITORING / "tests").glob("*.yaml"))
ALERTMANAGER = tree.MONITORING / "alertmanager.yaml"
CHANGES = {
    "_stopped) > 0": "_stopped) > 9",
    '"completed"': '"archived"',
    "[7d]": "[1d]",
}


def promtool(*words: str | Path) -> Answer:
    return ask([program("promtool"), *words])


def amtool(*words: str | Path) -> Answer:
    return ask([program("amtool"), *words])


def test_every_rule_can_be_read() -> None:
    answer = promtool("check", "rules", *RULES)

    assert answer.returncode == 0, answer.stderr


def test_a_rule_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(RULES[0].read_text().replace("sum by (", "sum bye ("))

    assert promtool("check", "rules", broken).returncode != 0


def test_every_alert_fires_and_stays_silent_as_it_must() -> None:
    answer = promtool("test", "rules", *TESTS)

    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_a_changed_rule_fails_its_tests(path: Path, tmp_path: Path) -> None:
    for one in RULES:
        text = one.read_text()
        for former, changed in CHANGES.items():
            text = text.replace(former, changed)
        (tmp_path / one.name).write_text(text)
    test = tmp_path / f"test_{path.name}"
    test.write_text(path.read_text().replace("../../helm/salur/monitoring/rules/", ""))

    assert promtool("test", "rules", test).returncode != 0


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires: set[tuple[str, str]] = set()
    silent: set[str] = set()
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test.get("alert_rule_test", ()):
                expected = case["exp_alerts"]
                fires |= {(case["alertname"], one["exp_labels"]["severity"]) for one in expected}
                silent |= set() if expected else {case["alertname"]}

    assert fires == {(one["alert"], one["labels"]["severity"]) for one in alerts()}
    assert silent == {name for name, _ in fires}


def test_every_alert_says_how_urgent_it_is_what_happens_and_where_to_read_on() -> None:
    for one in alerts():
        assert one["labels"]["severity"] in ("page", "ticket")
        notes = one["annotations"]
        assert set(notes) == {"summary", "description", "runbook_url"}
        assert notes["runbook_url"] == f"deploy/README.md#{one['alert'].lower()}"


def test_every_alert_has_its_section_in_the_runbook() -> None:
    text = (tree.DEPLOY / "README.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^#+ `?(Salur[A-Za-z]+)`?$", text, re.MULTILINE))

    assert sections >= {one["alert"] for one in alerts()}


def test_the_example_of_prometheus_is_accepted_with_its_rules() -> None:
    answer = promtool("check", "config", tree.MONITORING / "prometheus.yaml")

    assert answer.returncode == 0, answer.stderr
    assert f"{len(RULES)} rule files found" in answer.stdout


def test_the_example_of_alertmanager_is_accepted() -> None:
    answer = amtool("check-config", ALERTMANAGER)

    assert answer.returncode == 0, answer.stderr


def test_a_route_without_its_receiver_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "alertmanager.yaml"
    broken.write_text(ALERTMANAGER.read_text().replace("receiver: on-call", "receiver: nobody"))

    assert amtool("check-config", broken).returncode != 0


@pytest.mark.parametrize("one", alerts(), ids=lambda one: f"{one['alert']}-{one['labels']}")
def test_every_alert_reaches_who_must_hear(one: dict[str, dict[str, str]]) -> None:
    severity, name = one["labels"]["severity"], str(one["alert"])
    institutions = {"SalurEndpointFailed", "SalurInstitutionNotProvisioned"}
    usual = "on-call" if severity == "page" else "tickets"
    wanted = "institutions" if name in institutions else usual
    words = (f"--config.file={ALERTMANAGER}", f"severity={severity}", f"alertname={name}")

    answer = amtool("config", "routes", "test", *words)

    assert (answer.returncode, answer.stdout.strip()) == (0, wanted)


def test_routes_and_inhibitions_name_alerts_that_exist() -> None:
    text = ALERTMANAGER.read_text(encoding="utf-8")

    assert set(re.findall(r"Salur[A-Z]\w+", text)) <= {one["alert"] for one in alerts()}

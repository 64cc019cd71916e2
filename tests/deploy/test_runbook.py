"""The runbook knows every alert, and every name that it uses exists."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.cli.app import WHERE
from services.intake.settings import IntakeSettings
from services.metrics.settings import MetricsSettings
from services.notifier.settings import NotifierSettings
from services.router.settings import RouterSettings
from shared.contracts.topics import SERVICES
from shared.telemetry.catalogue import BY_NAME

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "README.md").read_text(encoding="utf-8")
RULES = sorted((DEPLOY / "cluster/helm/salur/monitoring/rules").glob("*.yaml"))
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def alerts() -> set[str]:
    """Return the name of every alert in the rules."""
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


def sections() -> dict[str, str]:
    """Return the text below each heading, by its words."""
    parts = HEADING.split(TEXT)
    return dict(zip(parts[2::3], parts[3::3], strict=True))


def anchor(heading: str) -> str:
    """Return a heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_there_are_alerts() -> None:
    assert len(alerts()) > 10


@pytest.mark.parametrize("alert", sorted(alerts()))
def test_every_alert_has_a_section_that_says_what_to_do(alert: str) -> None:
    assert all(f"**{word}:**" in sections()[alert] for word in ("Means", "Look", "Do"))


def test_no_section_is_of_an_alert_that_is_gone() -> None:
    told = {name for name in sections() if re.fullmatch(r"Salur[A-Z]\w+", name)}

    assert told == alerts()


def test_every_link_leads_somewhere() -> None:
    anchors = {anchor(name) for name in sections()}
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    inside = {link[1:] for link in links if link.startswith("#")}
    files = {link.partition("#")[0] for link in links if not link.startswith(("#", "http"))}

    assert inside <= anchors
    assert [name for name in files if not (DEPLOY / name).exists()] == []


def test_every_metric_that_it_names_is_in_the_catalogue() -> None:
    named = set(re.findall(r"`((?:salur|kafka)_[a-z_]+)", TEXT)) - {"salur_private"}

    assert named
    assert named <= set(BY_NAME)


def test_every_command_that_it_names_exists() -> None:
    named = set(re.findall(r"(?:`|-- |^\s*)salur ([a-z][a-z-]+)", TEXT, re.MULTILINE))

    assert named <= set(WHERE)
    assert {"backup", "restore", "doctor", "resume"} <= named


def test_every_setting_that_it_names_exists() -> None:
    models = (IntakeSettings, RouterSettings, NotifierSettings, MetricsSettings)
    known = {field.upper() for model in models for field in model.model_fields}
    prefixes = "|".join(("SALUR", *(service.upper() for service in SERVICES)))
    named = set(re.findall(rf"`(?:{prefixes})_([A-Z]+(?:_[A-Z]+)*)(?:__[A-Z_]+)?`", TEXT))

    assert named - {"INTAKE_URL", "API_KEY"} <= known
    assert "STOP_DELAY_SECONDS" in known

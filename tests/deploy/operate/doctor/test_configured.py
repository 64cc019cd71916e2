"""What the doctor says of settings that do not fit each other, by the environment alone."""

from pathlib import Path

import pytest

from deploy.operate.doctor.configured import judge_settings
from deploy.operate.doctor.findings import DoctorFinding, FindingState, exit_code
from shared.contracts.identifiers import tracking_key
from shared.key_rings import written
from tests.support.builders import CONTACT_RING, VAULT_KEYS
from tests.support.doctor_findings import only

SECRET = "s" * 40


def of_intake(bare: pytest.MonkeyPatch, **variables: str) -> list[DoctorFinding]:
    """Judge whole settings of intake, and others beside them."""
    whole = {"INTAKE_SECRET": SECRET, "INTAKE_VAULT_KEYS": VAULT_KEYS}
    return settings(bare, **whole, **variables)


def settings(bare: pytest.MonkeyPatch, **variables: str) -> list[DoctorFinding]:
    for name, value in variables.items():
        bare.setenv(name, value)
    return list(judge_settings(variables))


def test_a_secret_that_is_missing_where_intakes_settings_are_is_wrong(
    bare: pytest.MonkeyPatch,
) -> None:
    assert "INTAKE_SECRET" in only(settings(bare, INTAKE_PORT="8080")).value


def test_where_no_settings_of_intake_are_its_secret_is_not_asked_for(
    bare: pytest.MonkeyPatch,
) -> None:
    found = settings(bare)

    assert exit_code(found) == 0
    assert "intake" in only(found, FindingState.NOTE).what


def test_a_refused_value_stays_unsaid(bare: pytest.MonkeyPatch) -> None:
    found = settings(bare, INTAKE_SECRET="too short a secret")

    assert "too short a secret" not in repr(found)


def test_scenario_mode_is_wrong(bare: pytest.MonkeyPatch) -> None:
    found = only(of_intake(bare, SALUR_SCENARIO="true"))

    assert found.what == "scenario mode is on"


def test_directories_that_differ_or_are_not_there_are_wrong(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("code,name\n")
    both = {"METRICS_DIRECTORY": str(other), "ROUTER_PORT": "8080"}
    found = only(of_intake(bare, **both))
    assert found.what == "the services' directories differ"
    assert str(other) in found.value

    for name in ("ROUTER_PORT", "INTAKE_SECRET", "INTAKE_VAULT_KEYS"):
        bare.delenv(name)  # of these two only the default is known then
    alone = settings(bare, METRICS_DIRECTORY=str(other))
    assert "the services' directories may differ" in {found.what for found in alone}
    assert not any(found.state is FindingState.WRONG for found in alone)

    found = only(settings(bare, METRICS_DIRECTORY=str(tmp_path / "none.csv")))
    assert found.what == "METRICS_DIRECTORY names no file"


def test_a_tracking_key_of_another_secret_is_wrong(bare: pytest.MonkeyPatch) -> None:
    own = tracking_key(SECRET.encode()).hex()
    assert exit_code(of_intake(bare, NOTIFIER_TRACKING_KEY=own)) == 0

    found = only(of_intake(bare, NOTIFIER_TRACKING_KEY="0" * 64))
    assert "INTAKE_SECRET" in found.what


def test_contact_keys_of_other_vault_keys_are_wrong(bare: pytest.MonkeyPatch) -> None:
    own = written(CONTACT_RING)
    assert exit_code(of_intake(bare, NOTIFIER_CONTACT_KEYS=own)) == 0

    found = only(of_intake(bare, NOTIFIER_CONTACT_KEYS=VAULT_KEYS))
    assert found.what == "NOTIFIER_CONTACT_KEYS lacks the newest of INTAKE_VAULT_KEYS"
    assert "key k2" in found.value

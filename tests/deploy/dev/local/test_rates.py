"""A local stack stands for a nation: no limit of its intake is in the way of a demo or a replay."""

from pathlib import Path

import pytest

from deploy.dev.local.stack import Stack, StackOptions
from services.intake.settings import IntakeSettings


def test_the_limits_of_a_local_stack_are_raised_and_still_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in Stack(StackOptions(tmp_path, ("kab-3603",))).env.items():
        monkeypatch.setenv(name, value)

    quotas = IntakeSettings().rates.quotas

    assert all(quota and quota.units >= 1_000_000 * quota.seconds for quota in quotas.values())


def test_a_limit_that_is_asked_for_wins(tmp_path: Path) -> None:
    env = {"INTAKE_RATES__SUBMIT": "5/minute"}

    stack = Stack(StackOptions(tmp_path, ("kab-3603",), env=env))

    assert stack.env["INTAKE_RATES__SUBMIT"] == "5/minute"

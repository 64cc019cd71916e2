"""What the tests of the doctor stand on: an environment in which nothing of ours is set."""

import os

import pytest


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return what sets variables, in an environment that has none of ours."""
    for prefix in ("SALUR_", "INTAKE_", "ROUTER_", "NOTIFIER_", "METRICS_"):
        for name in [name for name in os.environ if name.startswith(prefix)]:
            monkeypatch.delenv(name)
    return monkeypatch

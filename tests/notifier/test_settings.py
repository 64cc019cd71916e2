"""Settings that contradict each other are refused by name."""

import pytest
from pydantic import ValidationError

from services.notifier.settings import NotifierSettings


def test_a_lease_must_outlive_a_request() -> None:
    with pytest.raises(ValidationError, match="NOTIFIER_LEASE_SECONDS"):
        NotifierSettings(lease_seconds=10, request_seconds=10)


def test_the_ladder_is_set_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_LADDER__FIRST_SECONDS", "0.5")

    assert NotifierSettings().ladder.first_seconds == 0.5

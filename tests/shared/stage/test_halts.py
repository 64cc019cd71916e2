"""What a stop tells the operator."""

import pytest

from shared.stage.halts import Halt
from tests.support.builders import START


@pytest.mark.parametrize(
    ("stage", "service"), [("router", "router"), ("notifier-reporters", "notifier")]
)
def test_a_stop_names_the_dead_letters_and_the_way_on(stage: str, service: str) -> None:
    stop = Halt(stage, "complaint-event", 3, offset=7, failures=100, reason="no_value", at=START)

    assert str(stop).endswith(f"look at {service}-dlq, then run `salur resume {service}`")
    assert "complaint-event/3 offset 7" in str(stop)

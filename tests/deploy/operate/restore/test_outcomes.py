"""One outcome a complaint: that of its newest event, wherever it lies."""

from deploy.operate.restore.outcomes import Judged, RestoreOutcome, RestoreOutcomes
from tests.support.builders import complaint_id


def test_an_older_event_does_not_change_an_outcome() -> None:
    outcomes, one = RestoreOutcomes(), complaint_id("one")

    outcomes.note({one: Judged(2, RestoreOutcome.EQUAL)})
    outcomes.note({one: Judged(1, RestoreOutcome.NEWER)})
    outcomes.close()

    assert outcomes.counts() == {RestoreOutcome.EQUAL: 1}


def test_an_event_that_was_said_again_in_another_partition_is_equal_to_one_of_them() -> None:
    for said in (
        (RestoreOutcome.EQUAL, RestoreOutcome.DIFFERENT),
        (RestoreOutcome.RESTORED, RestoreOutcome.ALREADY_THERE),
    ):
        for order in (said, said[::-1]):
            outcomes = RestoreOutcomes()
            for outcome in order:
                outcomes.note({complaint_id("one"): Judged(300, outcome)})
                outcomes.close()

            assert outcomes.counts() == {said[0]: 1}

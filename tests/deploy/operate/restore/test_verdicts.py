"""One verdict a complaint: that of its newest event, wherever it lies."""

from deploy.operate.restore.verdicts import Judged, RestoreOutcome, RestoreOutcomes
from tests.support.builders import complaint_id


def test_an_older_event_does_not_change_a_verdict() -> None:
    ledger, one = RestoreOutcomes(), complaint_id("one")

    ledger.note({one: Judged(2, RestoreOutcome.EQUAL)})
    ledger.note({one: Judged(1, RestoreOutcome.NEWER)})
    ledger.close()

    assert ledger.counts() == {RestoreOutcome.EQUAL: 1}


def test_an_event_that_was_said_again_in_another_partition_is_equal_to_one_of_them() -> None:
    for said in (
        (RestoreOutcome.EQUAL, RestoreOutcome.DIFFERENT),
        (RestoreOutcome.RESTORED, RestoreOutcome.ALREADY_THERE),
    ):
        for order in (said, said[::-1]):
            ledger = RestoreOutcomes()
            for verdict in order:
                ledger.note({complaint_id("one"): Judged(300, verdict)})
                ledger.close()

            assert ledger.counts() == {said[0]: 1}

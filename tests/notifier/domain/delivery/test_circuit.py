"""The ladder's promises, for any measures and any luck."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery.circuit import (
    BackoffPolicy,
    CircuitState,
    after_answer,
    after_failure,
    after_gone,
    after_replay,
    believed_probe_at,
    probe_at,
    with_probe,
)
from services.notifier.domain.delivery.deliveries import CLOCKS_APART
from shared.contracts.deliveries import LaneState
from tests.support.builders import START

MILLISECOND = 0.001001  # instants are cut to it
LEASE = timedelta(seconds=30)
chances = st.floats(min_value=0, max_value=1)
rungs = st.builds(
    BackoffPolicy,
    first_seconds=st.floats(min_value=0.01, max_value=60),
    factor=st.floats(min_value=1.5, max_value=4),
    longest_seconds=st.floats(min_value=60, max_value=3_600),
    total_seconds=st.floats(min_value=100, max_value=20_000),
)


def climb(measures: BackoffPolicy, chance: float, asked: float = 0.0) -> list[CircuitState]:
    """Return every step down to the first that has failed; each probe goes out when it may."""
    ladder, now, steps = CircuitState(), START, []
    while ladder.state is not LaneState.FAILED:
        ladder = after_failure(ladder, measures, now=now, chance=chance, asked=asked)
        steps.append(ladder)
        due = probe_at(ladder)
        assert due is not None
        now = max(due, now + timedelta(milliseconds=1))
    return steps


@given(rungs, chances)
def test_an_endpoint_has_failed_when_the_time_is_used_up(
    measures: BackoffPolicy, chance: float
) -> None:
    steps = climb(measures, chance)

    last_try = steps[-2].next_probe_at
    assert last_try is not None
    assert abs((last_try - START).total_seconds() - measures.total_seconds) < 0.01
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))


@given(rungs, st.lists(chances, min_size=2, max_size=12))
def test_pauses_grow_until_they_are_longest(measures: BackoffPolicy, luck: list[float]) -> None:
    roomy = measures.model_copy(update={"total_seconds": 1e7})
    ladder, pauses = CircuitState(), []
    for chance in luck:
        ladder = after_failure(ladder, roomy, now=START, chance=chance)
        assert ladder.next_probe_at is not None
        pauses.append((ladder.next_probe_at - START).total_seconds())

    for shorter, longer in pairwise(pauses):
        assert longer >= min(shorter, measures.longest_seconds * 0.8) - MILLISECOND
    assert max(pauses) <= measures.longest_seconds * 1.2 + MILLISECOND


@given(chances, st.floats(min_value=0, max_value=1e9))
def test_an_asked_pause_is_honoured_up_to_the_longest(chance: float, asked: float) -> None:
    measures = BackoffPolicy()

    ladder = after_failure(CircuitState(), measures, now=START, chance=chance, asked=asked)

    assert ladder.next_probe_at is not None
    pause = (ladder.next_probe_at - START).total_seconds()
    assert pause >= min(asked, measures.longest_seconds) - 0.001
    assert pause <= measures.longest_seconds


def test_the_default_ladder_takes_about_four_hours_and_few_probes() -> None:
    steps = climb(BackoffPolicy(), 0.5)

    assert 10 <= len(steps) <= 20
    last_try = steps[-2].next_probe_at
    assert last_try == START + timedelta(hours=4)


def test_a_failed_endpoint_is_still_probed_now_and_then() -> None:
    failed = climb(BackoffPolicy(), 0.5)[-1]
    due = probe_at(failed)
    assert due is not None

    later = after_failure(failed, BackoffPolicy(), now=due, chance=0.5)

    assert later.state is LaneState.FAILED
    assert probe_at(later) == due + timedelta(seconds=BackoffPolicy().failed_probe_seconds)


def test_nobody_probes_while_another_does() -> None:
    failing = after_failure(CircuitState(), BackoffPolicy(), now=START, chance=0.5)
    due = probe_at(failing)
    assert due is not None

    probed = with_probe(failing, "another", due + timedelta(seconds=30))

    assert probe_at(probed) == due + timedelta(seconds=30)
    assert probed.version == failing.version + 1


@given(rungs, chances, st.integers(min_value=1, max_value=40))
def test_a_clock_that_is_right_believes_every_pause(
    measures: BackoffPolicy, chance: float, steps: int
) -> None:
    for ladder in climb(measures, chance)[:steps]:
        due = probe_at(ladder)
        assert due is not None
        assert ladder.pause is not None
        began = due - timedelta(seconds=ladder.pause)

        assert believed_probe_at(ladder, began - CLOCKS_APART / 2, lease=LEASE) == due


@given(chances, st.timedeltas(min_value=timedelta(minutes=5), max_value=timedelta(days=400)))
def test_a_clock_that_was_ahead_holds_up_no_probe(chance: float, ahead: timedelta) -> None:
    failing = after_failure(CircuitState(), BackoffPolicy(), now=START + ahead, chance=chance)
    probed = with_probe(failing, "another", START + ahead + LEASE)

    assert believed_probe_at(failing, START, lease=LEASE) == START
    assert believed_probe_at(probed, START, lease=LEASE) == START


def test_an_answer_forgives_everything() -> None:
    failed = climb(BackoffPolicy(), 0.5)[-1]

    assert after_answer(failed) == CircuitState(version=failed.version + 1)


def test_a_disabled_endpoint_is_never_probed() -> None:
    disabled = after_gone(CircuitState())

    assert disabled.state is LaneState.DISABLED
    assert probe_at(disabled) is None


@given(rungs, chances)
def test_a_replay_begins_the_ladder_anew_with_a_probe_at_once(
    measures: BackoffPolicy, chance: float
) -> None:
    for given_up in (climb(measures, chance)[-1], after_gone(CircuitState(version=7))):
        later = START + timedelta(days=3)

        again = after_replay(given_up, later)

        assert (again.state, probe_at(again)) == (LaneState.FAILING, later)
        assert again.version == given_up.version + 1
        failed = after_failure(again, measures, now=later, chance=chance)
        assert failed.state is LaneState.FAILING


def test_a_replay_leaves_a_healthy_endpoint_as_it_is() -> None:
    assert after_replay(CircuitState(version=2), START) == CircuitState(version=2)

"""Transitions: each event counts once while the process lives."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.transitions import SeenTransitions
from tests.metrics.events import COMPLETED, FOLLOWED_UP, ROUTED, case_events, outline

EVENTS = [
    outline(event)
    for event in case_events(
        "one", [(ROUTED, "kab-3603"), *[(FOLLOWED_UP, "kab-3603")] * 4, (COMPLETED, "kab-3603")]
    )
]
ONE = EVENTS[0].complaint_id


@given(st.lists(st.integers(0, len(EVENTS) - 1), max_size=6), st.integers(1, 4))
def test_repeats_from_any_entry_on_are_counted_once(restarts: list[int], size: int) -> None:
    stream = [*EVENTS, *(event for start in restarts for event in EVENTS[start:])]
    counted = SeenTransitions()

    found = Counter[object]()
    for at in range(0, len(stream), size):
        found.update(counted.take(stream[at : at + size], frozenset()))

    assert found == {ROUTED: 1, FOLLOWED_UP: 4, COMPLETED: 1}


def test_what_the_database_knew_already_is_not_counted() -> None:
    counted = SeenTransitions()

    assert not counted.take(EVENTS[:3], stale=frozenset({ONE}))
    assert counted.take(EVENTS, stale=frozenset()) == {FOLLOWED_UP: 2, COMPLETED: 1}


def test_only_the_complaints_that_changed_last_are_remembered() -> None:
    counted = SeenTransitions(most=1)
    other = [outline(event) for event in case_events("two", [(ROUTED, "prov-36")])]

    counted.take([*EVENTS, *other], frozenset())

    assert not counted.take(other, frozenset())
    assert counted.take(EVENTS[-1:], frozenset()) == {COMPLETED: 1}

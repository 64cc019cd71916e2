"""The oracle finds whatever breaks a promise, and nothing where all are kept."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.dev.chaos.oracle.facts import TRIAGE, Promise, Seen, Stream, ViolationKind
from deploy.dev.chaos.oracle.judging import judge, repeats
from deploy.dev.chaos.oracle.leaks import marks_in, planted
from deploy.dev.chaos.oracle.sabotage import SHOWS, Sabotage, caught, tampered
from tests.chaos.seeing import said, whole

SEEDS = st.integers(min_value=0, max_value=2**32)
HELD = Promise("key", "NUMBER", "kab-3603", 3)


def seen_as(*seqs: int, stream: Stream = Stream.EVENT) -> Seen:
    """Return a case with three entries, whole but on one stream, where these were said."""
    others = [
        said(HELD, other, seq) for other in Stream if other is not stream for seq in (1, 2, 3)
    ]
    return Seen(
        promises=[HELD],
        sayings=[*others, *(said(HELD, stream, seq) for seq in seqs)],
        stored={HELD.number: 3},
        counts={HELD.place: 1},
    )


def wrongs(seen: Seen) -> set[ViolationKind]:
    return {finding.wrong for finding in judge(seen)}


@given(SEEDS)
def test_a_system_that_keeps_its_promises_is_found_whole(seed: int) -> None:
    assert judge(whole(seed)) == []


@given(SEEDS, st.sampled_from(Sabotage))
def test_every_sabotage_is_caught_wherever_it_strikes(seed: int, sabotage: Sabotage) -> None:
    seen = whole(seed)

    assert caught(seen, sabotage, Random(seed))
    assert SHOWS[sabotage] in wrongs(tampered(seen, sabotage, Random(seed)))


@pytest.mark.parametrize("stream", [Stream.EVENT, Stream.AGENCY])
def test_an_old_state_that_comes_last_is_out_of_order(stream: Stream) -> None:
    assert wrongs(seen_as(1, 2, 3, 2, stream=stream)) == {ViolationKind.DISORDERED}


@pytest.mark.parametrize("stream", Stream)
def test_an_entry_that_overtakes_another_is_out_of_order(stream: Stream) -> None:
    assert wrongs(seen_as(1, 3, 2, 3, stream=stream)) == {ViolationKind.DISORDERED}


@pytest.mark.parametrize("stream", Stream)
def test_a_batch_that_is_said_twice_is_none_of_these(stream: Stream) -> None:
    seen = seen_as(1, 2, 3, 2, 3, stream=stream)

    assert judge(seen) == []
    assert repeats(seen.sayings) == 2


def test_a_webhook_that_is_repeated_late_is_known_by_its_id() -> None:
    assert judge(seen_as(1, 2, 3, 2, stream=Stream.WEBHOOK)) == []


@pytest.mark.parametrize("stream", Stream)
def test_an_entry_that_was_never_said_is_lost(stream: Stream) -> None:
    assert wrongs(seen_as(1, 3, stream=stream)) == {ViolationKind.LOST}


def test_a_complaint_without_a_case_is_lost() -> None:
    assert wrongs(replace(seen_as(1, 2, 3), stored={})) == {ViolationKind.LOST}


def test_an_entry_applied_twice_is_doubled() -> None:
    assert wrongs(replace(seen_as(1, 2, 3), stored={HELD.number: 4})) == {ViolationKind.DOUBLED}


def test_a_key_with_two_complaints_is_doubled() -> None:
    twin = replace(HELD, number="OTHER", place=TRIAGE, entries=1)
    seen = seen_as(1, 2, 3)
    seen = replace(
        seen,
        promises=[HELD, twin],
        sayings=[*seen.sayings, said(twin, Stream.EVENT, 1)],
        stored={HELD.number: 3, twin.number: 1},
        counts={HELD.place: 1, TRIAGE: 1},
    )

    assert wrongs(seen) == {ViolationKind.DOUBLED}


def test_a_complaint_that_nobody_was_told_of_is_doubled_unless_an_answer_is_missing() -> None:
    stranger = replace(HELD, number="STRANGER", place=TRIAGE)
    seen = seen_as(1, 2, 3)
    seen = replace(seen, sayings=[*seen.sayings, said(stranger, Stream.EVENT, 1)])

    assert wrongs(seen) == {ViolationKind.DOUBLED}
    assert judge(replace(seen, unanswered=1)) == []


@pytest.mark.parametrize("stream", [Stream.AGENCY, Stream.WEBHOOK])
def test_what_comes_to_another_institution_is_at_the_wrong_one(stream: Stream) -> None:
    elsewhere = replace(HELD, place="prov-36")
    seen = seen_as(1, 2, 3)
    seen = replace(seen, sayings=[*seen.sayings, said(elsewhere, stream, 1)])

    assert wrongs(seen) == {ViolationKind.MISLED}


@pytest.mark.parametrize("count", [0, 2])
def test_a_count_that_is_not_what_was_accepted_is_miscounted(count: int) -> None:
    assert wrongs(replace(seen_as(1, 2, 3), counts={HELD.place: count})) == {
        ViolationKind.MISCOUNTED
    }


@given(SEEDS)
def test_an_identity_is_found_in_any_bytes(seed: int) -> None:
    someone = planted(Random(seed))

    for part in (
        someone.name,
        someone.email,
        someone.phone,
        someone.nik,
        f"+62{someone.phone[1:]}",
    ):
        assert marks_in(b"before ", f"x{part}y".encode())
    assert marks_in(b"0812-0000-1234", None) == []

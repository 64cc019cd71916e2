"""Folding a batch: order, repeats, limits."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.case import fold as folding
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import MAX_EVENT_BYTES, fold
from shared.contracts import case_limits
from shared.contracts.actions import Route
from shared.contracts.case import Case, Status
from shared.contracts.case_limits import MAX_REFUSALS
from shared.contracts.events import Input
from tests.support.builders import (
    OFFICER,
    agency,
    complaint_id,
    complete,
    decision,
    follow_up,
    request,
    submitted,
)

REACH = AgencyDirectoryView(known=frozenset({"kab-3603"}), provisioned=frozenset({"kab-3603"}))
DECISIONS = {complaint_id("one"): decision()}


def folded(case: Case | None, *inputs: Input) -> folding.Fold:
    return fold(case, inputs, BatchContext(DECISIONS, REACH, lambda _: decision()))


def test_a_new_complaint_and_its_actions_are_folded_in_order() -> None:
    result = folded(None, submitted(), follow_up(1), complete(2))

    assert result.after is not None
    assert [entry.seq for entry in result.after.history] == [1, 2, 3]
    assert result.after.last.status is Status.COMPLETED
    assert result.emit_from == 1


def test_a_repeated_input_never_decides_again_and_is_said_from_its_own_entry_on() -> None:
    case = folded(None, submitted(), follow_up(1), complete(2)).after

    result = folded(case, follow_up(1))

    assert not result.is_changed
    assert result.emit_from == 2


def test_an_action_on_an_unknown_complaint_is_refused() -> None:
    result = folded(None, follow_up(1))

    assert result.after is None
    assert result.refused[0].code == "unknown_complaint"
    assert not result.dead


def test_an_input_that_is_refused_does_not_keep_the_next_from_its_turn() -> None:
    case = folded(None, submitted(text="x" * 49_000)).after
    big = follow_up(1, text="x" * 8000)

    for number in range(1, 200):
        case = folded(case, follow_up(number, text=big.action.text or "")).after
    result = folded(case, follow_up(500, text="y" * 8000), complete(501))

    assert result.refused[0].code == "too_large"
    assert not result.dead
    assert result.after is not None


def test_no_event_grows_beyond_its_bound() -> None:
    case = folded(None, submitted(text="é" * 50_000)).after

    for number in range(1, 200):
        case = folded(case, follow_up(number, text="é" * 4000)).after

    assert case is not None
    assert len(case.model_dump_json(exclude_none=True).encode()) <= MAX_EVENT_BYTES


def test_more_refusals_than_allowed_are_dropped_and_an_officer_still_passes() -> None:
    case = folded(None, submitted()).after
    for number in range(MAX_REFUSALS):
        case = folded(case, follow_up(number, actor=agency("kota-3671"))).after

    refused = folded(case, follow_up(900, actor=agency("kota-3671")))
    officer = folded(case, request(Route(institution="kem-777"), 901, actor=OFFICER))

    assert refused.refused[0].code == "too_many_inputs"
    assert not refused.dead
    assert officer.is_changed


def test_the_refusals_of_one_institution_never_keep_another_from_acting() -> None:
    case = folded(None, submitted()).after
    for number in range(MAX_REFUSALS + 5):
        case = folded(case, follow_up(number, actor=agency("kota-3671"))).after

    assert case is not None
    assert case.seq == MAX_REFUSALS + 1
    assert folded(case, follow_up(900)).is_changed


def test_no_case_grows_beyond_its_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_limits, "MAX_ENTRIES", 5)
    case = folded(None, submitted(), *(follow_up(number) for number in range(1, 5))).after

    assert folded(case, follow_up(5)).refused[0].code == "too_many_inputs"


INPUTS: list[Input] = [submitted(), *(follow_up(number) for number in range(1, 6)), complete(6)]


@given(st.data())
def test_replaying_any_part_in_any_repetition_changes_nothing(data: st.DataObject) -> None:
    case = folded(None, *INPUTS).after
    again = data.draw(st.lists(st.sampled_from(INPUTS), min_size=1, max_size=20))

    result = folded(case, *again)

    assert result.after == case
    assert not result.dead
    assert result.emit_from == min(INPUTS.index(each) + 1 for each in again)


@given(st.lists(st.integers(1, 6), max_size=5))
def test_batches_may_be_cut_anywhere(cuts: list[int]) -> None:
    case: Case | None = None
    edges = [0, *sorted(set(cuts)), len(INPUTS)]

    for start, end in itertools.pairwise(edges):
        case = folded(case, *INPUTS[start:end]).after

    assert case == folded(None, *INPUTS).after

"""What reporters add, in any order and however batches are cut."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import fact_of
from services.router.domain.case.history import current_complaint
from services.router.domain.case.publications import publications
from shared.contracts.actions import (
    Complete,
    FollowUp,
    Route,
    Transfer,
)
from shared.contracts.case import (
    Case,
    Place,
)
from shared.contracts.events import ActionRequested, CaseChanged, Input
from shared.contracts.topics import EVENT
from tests.router.domain.case.test_supplement import ASKED, CODES, VAGUE, case_after, folded
from tests.support.builders import (
    OFFICER,
    REPORTER,
    agency,
    request,
    supplement,
)

PARTS = st.builds(
    Place,
    text=st.none() | st.sampled_from(["pasar", "halte"]),
    region_code=st.none() | st.sampled_from(["36.03", "36.71"]),
    latitude=st.none() | st.just(-6.2),
)


@given(st.lists(PARTS, max_size=4))
def test_of_a_place_the_latest_parts_win(places: list[Place]) -> None:
    case = case_after(
        VAGUE, *(supplement(n, text="x", place=each) for n, each in enumerate(places, 1))
    )
    told = [each for n, each in enumerate(places) if case.history[n + 1].refusal is None]

    stands = current_complaint(case).place

    for part in ("text", "region_code", "latitude"):
        said = [getattr(place, part) for place in told if getattr(place, part) is not None]
        assert getattr(stands, part) == (said[-1] if said else None)


ADDED = st.builds(
    lambda number, text, place: supplement(number, text=text, place=place),
    st.integers(100, 120),
    st.sampled_from(["Sudah lama.", "Di Kabupaten Tangerang."]),
    st.none() | PARTS,
)
ACTS = st.builds(
    lambda number, action, actor: request(action, number, actor=actor),
    st.integers(1, 99),
    st.one_of(
        st.builds(Route, institution=st.sampled_from(sorted(CODES))),
        st.builds(
            Transfer, institution=st.none() | st.sampled_from(sorted(CODES)), text=st.just("x")
        ),
        st.just(ASKED),
        st.just(FollowUp(text="x")),
        st.just(Complete(text="x")),
    ),
    st.sampled_from([OFFICER, REPORTER, *map(agency, sorted(CODES))]),
)
INPUTS = st.lists(ADDED | ACTS, max_size=14)


@given(inputs=INPUTS, data=st.data())
def test_however_batches_are_cut_and_repeated_the_case_is_the_same(
    inputs: list[ActionRequested], data: st.DataObject
) -> None:
    everything: list[Input] = [VAGUE, *inputs]
    whole = folded(None, *everything).after
    cuts = data.draw(st.lists(st.integers(0, len(everything)), max_size=4))
    case: Case | None = None

    for start, end in itertools.pairwise([0, *sorted(cuts), len(everything)]):
        again = data.draw(st.integers(0, start))
        case = folded(case, *everything[again:end]).after

    assert case == whole
    assert folded(whole, *everything).after is whole


@given(inputs=INPUTS)
def test_history_seq_events_and_facts_agree(inputs: list[ActionRequested]) -> None:
    case = folded(None, VAGUE, *inputs).after
    assert case is not None
    said = [event for event in publications(case, 1, CODES) if event.topic == EVENT]
    newest = CaseChanged.model_validate_json(said[-1].value)

    assert [entry.seq for entry in case.history] == list(range(1, case.seq + 1))
    assert len(said) == case.seq == newest.seq
    assert newest.case == case
    fact = fact_of(CaseEvent.model_validate_json(said[-1].value), 0)
    assert (fact.seq, fact.status, fact.institution, fact.category) == (
        case.last.seq,
        case.last.status,
        case.last.institution,
        case.last.category,
    )


@given(inputs=INPUTS, data=st.data())
def test_an_entrys_events_never_change_by_what_comes_later(
    inputs: list[ActionRequested], data: st.DataObject
) -> None:
    case = folded(None, VAGUE, *inputs).after
    assert case is not None
    then = case.as_of(data.draw(st.integers(1, case.seq)))

    assert (
        list(publications(then, 1, CODES))
        == list(publications(case, 1, CODES))[: len(list(publications(then, 1, CODES)))]
    )

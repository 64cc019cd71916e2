"""Facts: what one says, and that order, repeats and batches cannot matter."""

from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.metrics.domain.event import (
    CandidateOutline,
    CaseEvent,
    CaseOutline,
    ComplaintOutline,
    DecisionOutline,
)
from services.metrics.domain.event import (
    EntryOutline as Seen,
)
from services.metrics.domain.facts import Fact, Tier, fact_of, month_of, newest_facts, tier_of
from shared.contracts.case import Candidate, Case, Complaint, Decision, Entry, Status
from shared.contracts.events import CaseChanged
from shared.contracts.identifiers import AGENCY_CODE
from tests.metrics.events import COMPLETED, FOLLOWED_UP, ROUTED, TRIAGED, Step, case_events, outline
from tests.support.builders import complaint_id

codes = st.sampled_from([None, "kab-3603", "kota-3671", "prov-36", "kem-014"])
outcomes = st.sampled_from([ROUTED, FOLLOWED_UP, COMPLETED, TRIAGED])
steps = st.lists(st.tuples(outcomes, codes), min_size=1, max_size=6)
cases = st.lists(steps, min_size=1, max_size=4)


def fact(*taken: Step) -> Fact:
    return fact_of(outline(case_events("one", taken)[-1]), partition=3)


def fold(batches: list[list[CaseEvent]]) -> dict[UUID, Fact]:
    facts: dict[UUID, Fact] = {}
    for batch in batches:
        for new in newest_facts((event, 0) for event in batch):
            known = facts.get(new.complaint_id)
            if known is None or known.seq < new.seq:
                facts[new.complaint_id] = new
    return facts


@given(steps, st.sampled_from([None, "roads.damage", "health"]))
def test_the_outline_agrees_with_the_event(taken: list[Step], category: str | None) -> None:
    for event in case_events("one", taken, category=category):
        read = outline(event)

        whole = event.model_dump(mode="json")
        for name in set(CaseEvent.model_fields) - {"case"}:
            assert read.model_dump(mode="json")[name] == whole[name]
        assert read.case.complaint.received_at == event.case.complaint.received_at
        assert [step.institution for step in read.case.history] == [
            entry.institution for entry in event.case.history
        ]


@pytest.mark.parametrize(
    ("slim", "whole"),
    [
        (CaseEvent, CaseChanged),
        (CaseOutline, Case),
        (ComplaintOutline, Complaint),
        (Seen, Entry),
        (DecisionOutline, Decision),
        (CandidateOutline, Candidate),
    ],
)
def test_the_outline_has_no_field_that_the_event_lacks(
    slim: type[BaseModel], whole: type[BaseModel]
) -> None:
    assert set(slim.model_fields) <= set(whole.model_fields)


@given(cases, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_repetition_and_batching_gives_the_same_facts(
    taken: list[list[Step]], random: Random, size: int
) -> None:
    events = [
        outline(event)
        for number, path in enumerate(taken)
        for event in case_events(str(number), path)
    ]
    shuffled = [*events, *events]
    random.shuffle(shuffled)

    once = fold([events])
    many = fold([shuffled[at : at + size] for at in range(0, len(shuffled), size)])

    assert many == once
    assert {f.complaint_id: f.seq for f in many.values()} == {
        complaint_id(str(number)): len(path) for number, path in enumerate(taken)
    }


def test_a_fact_holds_the_newest_state() -> None:
    found = fact((ROUTED, "kab-3603"), (COMPLETED, "kab-3603"))

    assert (found.institution, found.status, found.seq) == ("kab-3603", Status.COMPLETED, 2)
    assert (found.tier, found.partition, found.month) == (Tier.REGENCY, 3, "2026-03")
    assert (found.hops, found.former) == (0, ())


def test_each_change_of_institution_is_a_hop_also_through_triage() -> None:
    found = fact((ROUTED, "kab-3603"), (TRIAGED, None), (ROUTED, "prov-36"), (ROUTED, "kem-014"))

    assert found.hops == 2
    assert found.former == ("kab-3603", "prov-36")


def test_back_from_triage_to_the_same_institution_is_no_hop() -> None:
    found = fact((ROUTED, "kab-3603"), (TRIAGED, None), (ROUTED, "kab-3603"))

    assert (found.hops, found.former) == (0, ())


def test_in_triage_a_fact_has_no_tier_and_its_holder_has_given_it_up() -> None:
    found = fact((ROUTED, "kab-3603"), (TRIAGED, None))

    assert (found.tier, found.hops, found.former) == (Tier.NONE, 0, ("kab-3603",))


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2021, 6, 30, 16, 59, 59, tzinfo=UTC), "2021-06"),
        (datetime(2021, 6, 30, 17, 0, tzinfo=UTC), "2021-07"),
        (datetime(2020, 12, 31, 17, 0, tzinfo=UTC), "2021-01"),
    ],
)
def test_months_begin_at_midnight_in_jakarta(instant: datetime, month: str) -> None:
    assert month_of(instant) == month


@given(st.from_regex(AGENCY_CODE, fullmatch=True))
def test_every_agency_code_has_a_tier(code: str) -> None:
    assert tier_of(code) is not Tier.NONE

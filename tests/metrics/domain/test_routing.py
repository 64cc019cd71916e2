"""How a case was first decided, and what counts as misrouting."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import Fact, fact_of, newest_facts
from services.metrics.domain.routing import CLOSED, NOT_PROVISIONED, MisroutingSign, Routing
from services.router.domain.case import agencies
from shared.contracts.case import Candidate, Decision, Entry, InputKind, Outcome
from tests.metrics.events import act, outline, submitted, told
from tests.support.builders import decision

HOME, AWAY, THIRD = "kab-3603", "prov-36", "kem-014"
ROUTE, TRANSFER = InputKind.ROUTE, InputKind.TRANSFER


def guess(*codes: str, rule: str = "unsure", **changes: object) -> Decision:
    candidates = tuple(Candidate(institution=c, confidence=0.4, reason="words") for c in codes)
    return decision(None, rule=rule, candidates=candidates, **changes)


def routing(*entries: Entry) -> Routing:
    found = fact(*entries).routing
    assert found is not None
    return found


def fact(*entries: Entry) -> Fact:
    return fact_of(outline(told("one", entries)[-1]), partition=0)


def test_a_case_that_nobody_touched_tells_its_rule_versions_and_outcome() -> None:
    made = decision(HOME, rule="roads", version="v1", model="m1")

    assert routing(submitted(made)) == Routing(
        rule="roads", version="v1", model="m1", outcome=Outcome.ROUTED
    )


def test_giving_a_case_up_is_a_transfer_to_another_and_to_triage() -> None:
    to_another = routing(submitted(decision(HOME)), act(TRANSFER, AWAY))
    to_triage = routing(submitted(decision(HOME)), act(TRANSFER, None))

    assert to_another.signs() == to_triage.signs() == (MisroutingSign.TRANSFER, MisroutingSign.ANY)
    assert to_another.transfers == to_triage.transfers == 1


@pytest.mark.parametrize("holder", [AWAY, None])
def test_leaving_an_institution_that_was_closed_is_nobodys_mistake(holder: str | None) -> None:
    why = decision(holder, rule=CLOSED)

    found = routing(submitted(decision(HOME)), act(TRANSFER, holder, decision=why))

    assert found.signs() == ()
    assert found.rule == "region_code"


def test_an_officer_who_moves_a_case_corrects_it() -> None:
    found = routing(submitted(decision(HOME)), act(ROUTE, AWAY), act(ROUTE, HOME))

    assert found.signs() == (MisroutingSign.CORRECTION, MisroutingSign.ANY)
    assert found.corrections == 2


def test_a_case_both_transferred_and_corrected_shows_any_once() -> None:
    found = routing(submitted(decision(HOME)), act(TRANSFER, AWAY), act(ROUTE, THIRD))

    assert found.signs() == (MisroutingSign.TRANSFER, MisroutingSign.CORRECTION, MisroutingSign.ANY)
    assert (found.transfers, found.corrections) == (1, 1)


def test_routing_what_an_agency_gave_back_is_no_correction() -> None:
    found = routing(submitted(decision(HOME)), act(TRANSFER, None), act(ROUTE, AWAY))

    assert found.signs() == (MisroutingSign.TRANSFER, MisroutingSign.ANY)


def test_an_officer_confirms_or_overrules_the_first_candidate() -> None:
    confirmed = routing(submitted(guess(HOME, AWAY)), act(ROUTE, HOME))
    overruled = routing(submitted(guess(HOME, AWAY)), act(ROUTE, AWAY))

    assert (confirmed.outcome, overruled.outcome) == (Outcome.TRIAGED, Outcome.TRIAGED)
    assert confirmed.signs() == (MisroutingSign.CONFIRMED,)
    assert overruled.signs() == (MisroutingSign.OVERRULED,)


def test_without_a_candidate_there_is_nothing_to_overrule() -> None:
    assert routing(submitted(guess()), act(ROUTE, HOME)).signs() == ()


def test_a_candidate_is_judged_by_a_route_alone() -> None:
    held = act(InputKind.SUPPLEMENT, HOME)

    assert routing(submitted(guess(HOME)), held, act(ROUTE, AWAY)).signs() == (
        MisroutingSign.CORRECTION,
        MisroutingSign.ANY,
    )


def test_only_the_first_route_out_of_triage_judges_the_candidate() -> None:
    found = routing(submitted(guess(HOME)), act(ROUTE, HOME), act(ROUTE, AWAY))

    assert found.signs() == (
        MisroutingSign.CORRECTION,
        MisroutingSign.ANY,
        MisroutingSign.CONFIRMED,
    )


def test_a_changed_category_is_a_sign_and_a_first_one_is_not() -> None:
    roads, water = {"category": "roads.damage"}, {"category": "water.leak"}

    changed = routing(
        submitted(guess(HOME), "roads.damage"), act(ROUTE, HOME, **water), act(ROUTE, AWAY, **roads)
    )
    named = routing(submitted(guess(HOME)), act(ROUTE, HOME, **water))
    kept = routing(submitted(guess(HOME), "roads.damage"), act(ROUTE, HOME, **roads))

    assert changed.category_changes == 2
    assert MisroutingSign.CATEGORY in changed.signs()
    assert named.category_changes == kept.category_changes == 0


def test_a_missing_topic_is_neither_transfer_nor_correction() -> None:
    gone = act(InputKind.UNDELIVERABLE, None, decision=guess(HOME, rule=NOT_PROVISIONED))

    later = routing(submitted(decision(HOME, rule="roads")), gone, act(ROUTE, AWAY))
    at_once = routing(submitted(guess(HOME, rule=NOT_PROVISIONED)), act(ROUTE, AWAY))

    assert (later.rule, later.signs()) == ("roads", ())
    assert (at_once.rule, at_once.signs()) == (NOT_PROVISIONED, ())


def test_the_rule_for_a_missing_topic_is_the_routers_own() -> None:
    assert (NOT_PROVISIONED, CLOSED) == (agencies.NOT_PROVISIONED, agencies.CLOSED)


def test_a_refused_input_changes_nothing() -> None:
    refused = act(TRANSFER, HOME, outcome=Outcome.REFUSED)

    assert routing(submitted(decision(HOME)), refused).signs() == ()


def test_a_supplement_that_decides_anew_is_the_first_decision() -> None:
    anew = act(InputKind.SUPPLEMENT, HOME, decision=decision(HOME, rule="roads", model="m2"))

    found = routing(submitted(guess(rule="incomplete", model="m1")), anew, act(TRANSFER, AWAY))

    assert (found.rule, found.model, found.outcome) == ("roads", "m2", Outcome.ROUTED)
    assert found.transfers == 1


def test_what_was_given_up_is_not_blamed_on_a_later_decision() -> None:
    anew = act(InputKind.SUPPLEMENT, AWAY, decision=decision(AWAY, rule="second"))

    routed = routing(submitted(decision(HOME, rule="first")), act(TRANSFER, None), anew)
    triaged = routing(
        submitted(guess(HOME, rule="unsure")), act(ROUTE, HOME), act(TRANSFER, None), anew
    )

    assert (routed.rule, routed.transfers) == ("first", 1)
    assert (triaged.rule, triaged.signs()) == (
        "unsure",
        (MisroutingSign.TRANSFER, MisroutingSign.ANY, MisroutingSign.CONFIRMED),
    )


def test_a_supplement_without_a_decision_leaves_the_first_one() -> None:
    added = act(InputKind.SUPPLEMENT, HOME, outcome=Outcome.SUPPLEMENTED)

    assert routing(submitted(decision(HOME, rule="roads")), added).rule == "roads"


def test_a_case_without_a_decision_has_no_routing() -> None:
    assert fact(act(InputKind.FOLLOW_UP, HOME)).routing is None


def test_a_kind_of_entry_that_nothing_is_counted_by_may_be_unknown() -> None:
    event = told("one", [submitted(decision(HOME)), act(TRANSFER, AWAY)])[-1]
    document = event.model_dump(mode="json")
    last = document["case"]["history"][-1]
    document["case"]["history"].append(last | {"input": "praise", "outcome": "praised"})

    assert fact_of(CaseEvent.model_validate(document), 0) == fact_of(outline(event), 0)


def test_a_category_named_with_a_unit_is_a_change_too() -> None:
    first = submitted(decision(HOME), category="roads")

    assert routing(first, act(InputKind.ASSIGN_UNIT, HOME, category="water")).category_changes == 1
    assert routing(first, act(InputKind.ASSIGN_UNIT, HOME, category="roads")).category_changes == 0


def test_a_fact_from_before_routing_was_kept_still_loads() -> None:
    known = fact(submitted(decision(HOME)))
    document = known.model_dump(exclude={"routing"})

    assert Fact.model_validate(document) == known.model_copy(update={"routing": None})


decisions = st.sampled_from([None, decision(HOME), guess(HOME, AWAY), guess()])
holders = st.sampled_from([None, HOME, AWAY, THIRD])
categories = st.sampled_from([None, "roads.damage", "water.leak"])
entries = st.builds(
    lambda kind, holder, category, made, outcome: act(
        kind, holder, category=category, decision=made, outcome=outcome
    ),
    st.sampled_from(InputKind),
    holders,
    categories,
    decisions,
    st.sampled_from(Outcome),
)
histories = st.lists(
    st.builds(
        lambda first, rest: [first, *rest],
        st.builds(submitted, decisions, categories),
        st.lists(entries, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


@given(histories, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_repetition_and_batching_gives_the_same_routing(
    taken: list[list[Entry]], random: Random, size: int
) -> None:
    events = [outline(event) for n, path in enumerate(taken) for event in told(str(n), path)]
    wanted = {e.complaint_id: fact_of(e, 0) for e in events}  # the last of each is its newest
    shuffled = [*events, *events]
    random.shuffle(shuffled)

    found: dict[object, Fact] = {}
    for at in range(0, len(shuffled), size):
        for new in newest_facts((event, 0) for event in shuffled[at : at + size]):
            known = found.get(new.complaint_id)
            found[new.complaint_id] = new if known is None or new.seq > known.seq else known

    assert found == wanted


@given(st.lists(entries, max_size=6), decisions)
def test_signs_agree_with_the_numbers(rest: Sequence[Entry], made: Decision | None) -> None:
    found = fact(submitted(made), *rest).routing

    if found is not None:
        assert (MisroutingSign.ANY in found.signs()) == (found.transfers + found.corrections > 0)
        assert found.overruled + found.confirmed <= int(found.outcome is Outcome.TRIAGED)

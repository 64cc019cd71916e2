"""Whatever came before and comes after an erasure: no word, the same counts, one result."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.facts import Fact
from services.router.domain.case.erasure import blanked
from shared.contracts.actions import (
    Action,
    AssignUnit,
    Complete,
    Erase,
    FollowUp,
    Rate,
    Reopen,
    Reply,
    ReturnToReporter,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import Actor, Decision, ErasureReason, Outcome
from shared.contracts.events import Input
from tests.router.erasures import OPERATOR, TOLD, WHERE, WORD, erase, fact, folded, report, said
from tests.router.lives import CODES, REACH
from tests.support.builders import OFFICER, REPORTER, agency, request

TEXTS = st.just(WORD)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Route, institution=st.sampled_from(sorted(CODES)), text=TEXTS),
    st.builds(Transfer, institution=st.sampled_from([None, *sorted(CODES)]), text=TEXTS),
    st.builds(AssignUnit, unit=st.sampled_from(["Dinas PU", WORD]), text=TEXTS),
    st.builds(ReturnToReporter, text=TEXTS),
    st.builds(Supplement, text=st.sampled_from([WORD, f"{WORD} lagi"]), place=st.just(WHERE)),
    st.builds(FollowUp, text=TEXTS),
    st.builds(Complete, text=TEXTS),
    st.builds(Reply, text=TEXTS),
    st.builds(Reopen, text=TEXTS),
    st.builds(Rate, rating=st.integers(1, 5), text=TEXTS),
    st.builds(Erase, reason=st.sampled_from(ErasureReason)),
)
ACTORS = st.sampled_from([OPERATOR, OFFICER, REPORTER, *(agency(code) for code in sorted(CODES))])
STEPS = st.lists(st.tuples(ACTIONS, ACTORS), max_size=12)
FIRST = st.sampled_from([TOLD, TOLD.model_copy(update={"institution": None})])


def inputs_of(steps: Sequence[tuple[Action, Actor]], start: int = 1) -> list[Input]:
    return [request(action, start + at, actor=who) for at, (action, who) in enumerate(steps)]


def counted(found: Fact) -> Fact:
    """Return what is counted of a fact: units that are not known count as one."""
    here = found.institution, REACH.units.known(found.institution, found.unit)
    former = {(code, REACH.units.known(code, unit)) for code, unit in found.former_units}
    changed = {"seq": 0, "unit": here[1], "former_units": tuple(sorted(former - {here}))}
    return found.model_copy(update=changed)


@given(STEPS, STEPS, FIRST, st.data())
def test_after_an_erasure_no_word_comes_back_whatever_follows_and_is_repeated(
    earlier: list[tuple[Action, Actor]],
    later: list[tuple[Action, Actor]],
    first: Decision,
    data: st.DataObject,
) -> None:
    inputs: list[Input] = [report(), *inputs_of(earlier), erase(100), *inputs_of(later, 200)]
    case = folded(None, *inputs, first=first).after
    assert case is not None
    again = data.draw(st.lists(st.sampled_from(inputs), max_size=5))

    result = folded(case, *again, first=first)

    assert result.after == case
    assert blanked(case, REACH.units) == case
    assert WORD not in case.model_dump_json()
    for event in said(case, result.emit_from or 1):
        assert WORD.encode() not in event.value


@given(STEPS, FIRST)
def test_an_erasure_changes_nothing_that_is_counted(
    steps: list[tuple[Action, Actor]], first: Decision
) -> None:
    inputs = inputs_of([step for step in steps if not isinstance(step[0], Erase)])
    before = folded(None, report(), *inputs, first=first).after
    assert before is not None
    # At the same instant: what the clocks have to say until then is settled already.
    now = erase(100).model_copy(update={"at": before.last.at})
    case = folded(before, now, first=first).after
    assert case is not None

    assert case.last.outcome is Outcome.ERASED
    assert counted(fact(case)) == counted(fact(before))
    assert fact(case).seq == fact(before).seq + 1


@given(STEPS, FIRST, st.integers(0, 13), st.integers(0, 13))
def test_batches_with_an_erasure_may_be_cut_anywhere(
    steps: list[tuple[Action, Actor]], first: Decision, erased_at: int, cut: int
) -> None:
    inputs: list[Input] = [report(), *inputs_of(steps)]
    inputs.insert(min(erased_at, len(steps)) + 1, erase(100))
    # In order of time, as they lie in their partition.
    part = folded(None, *inputs[: cut + 1], first=first).after

    whole = folded(part, *inputs[cut + 1 :], first=first).after

    assert whole == folded(None, *inputs, first=first).after

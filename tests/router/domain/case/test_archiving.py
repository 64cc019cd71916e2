"""No way leads an institution to archive what it has begun: archived cases leave the rates."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.router.domain.case.refusals import RefusalCode
from shared.contracts.actions import (
    Action,
    Archive,
    Complete,
    FollowUp,
    Reopen,
    ReturnToReporter,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import Actor, ActorKind, ArchiveReason, Case, Outcome, Status
from tests.router.lives import after, opened
from tests.support.builders import OFFICER, REPORTER, agency, request

HOME, AWAY = agency("kab-3603"), agency("prov-36")
GENERAL = Archive(reason=ArchiveReason.TOO_GENERAL)
OF_HOLDERS: tuple[Action, ...] = (
    *(FollowUp(text="x"), Complete(text="x"), ReturnToReporter(text="x"), GENERAL),
    *(Transfer(institution=to, text="x") for to in ("kab-3603", "prov-36", None)),
)
OF_OTHERS: tuple[tuple[Action, Actor], ...] = (
    *((Supplement(text="x"), REPORTER), (Reopen(text="x"), REPORTER), (Reopen(text="x"), OFFICER)),
    *((GENERAL, OFFICER), (Route(institution="kab-3603"), OFFICER)),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(OF_HOLDERS), st.sampled_from((HOME, AWAY)))
    | st.sampled_from(OF_OTHERS),
    max_size=10,
)
THERE_AND_BACK: list[tuple[Action, Actor]] = [
    (Transfer(institution=None, text="x"), HOME),
    (Route(institution="kab-3603"), OFFICER),
]
BEGUN = frozenset({Outcome.FOLLOWED_UP, Outcome.COMPLETED})


def lived(steps: list[tuple[Action, Actor]]) -> Case:
    asked = (request(action, number, actor=by) for number, (action, by) in enumerate(steps, 1))
    return after(opened(), *asked)


def by_institutions(case: Case, outcome: Outcome) -> list[int]:
    entries = ((entry, entry.actor.kind) for entry in case.history)
    return [e.seq for e, kind in entries if kind is ActorKind.AGENCY and e.outcome is outcome]


@settings(max_examples=300, deadline=None)
@given(STEPS)
@example([(FollowUp(text="x"), HOME), (ReturnToReporter(text="x"), HOME), (GENERAL, HOME)])
@example(
    [
        (Complete(text="x"), HOME),
        (Reopen(text="x"), OFFICER),
        *((one, HOME) for one in OF_HOLDERS[2:4]),
    ]
)
def test_no_institution_archives_what_it_has_followed_up_or_answered(
    steps: list[tuple[Action, Actor]],
) -> None:
    case = lived(steps)

    for seq in by_institutions(case, Outcome.ARCHIVED):
        code = case.history[seq - 1].actor.code
        before = case.history[: seq - 1]
        assert not [e for e in before if e.institution == code and e.outcome in BEGUN]


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_it_is_refused_for_nothing_but_what_the_same_institution_has_done(
    steps: list[tuple[Action, Actor]],
) -> None:
    case = lived(steps)

    for seq in by_institutions(case, Outcome.REFUSED):
        entry = case.history[seq - 1]
        if entry.refusal is not None and entry.refusal.code == RefusalCode.ALREADY_BEGUN:
            mine = [e for e in case.history[: seq - 1] if e.institution == entry.actor.code]
            assert BEGUN & {e.outcome for e in mine}
            assert entry.status in {Status.ROUTED, Status.POSTPONED}


@pytest.mark.parametrize(
    ("steps", "way_out", "taken"),
    [
        (THERE_AND_BACK, "use complete", (Complete(text="x"), HOME)),
        ([(ReturnToReporter(text="x"), HOME)], "wait for the reporter", (GENERAL, OFFICER)),
    ],
    ids=["routed", "postponed"],
)
def test_what_the_refusal_names_instead_is_taken(
    steps: list[tuple[Action, Actor]], way_out: str, taken: tuple[Action, Actor]
) -> None:
    lives: list[tuple[Action, Actor]] = [(FollowUp(text="x"), HOME), *steps]

    *_, refused, after_it = lived([*lives, (GENERAL, HOME), taken]).history

    assert refused.refusal is not None
    assert (refused.refusal.code, way_out in refused.refusal.detail) == (
        RefusalCode.ALREADY_BEGUN,
        True,
    )
    assert after_it.outcome in {Outcome.COMPLETED, Outcome.ARCHIVED}

"""Erasure: no word is left, nothing that is counted changes, and nothing brings a word back."""

import json

import pytest

from services.router.domain.case.erasure import blanked_place
from services.router.domain.case.fold import MAX_EVENT_BYTES
from services.router.domain.case.history import current_complaint
from services.router.domain.case.refusals import NOT_WHEN_ERASED
from shared.contracts.actions import (
    Action,
    AssignUnit,
    Complete,
    FollowUp,
    Rate,
    Reopen,
    Reply,
    ReturnToReporter,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import (
    Actor,
    ActorKind,
    Case,
    Entry,
    ErasureReason,
    InputKind,
    Outcome,
    Place,
    Status,
)
from shared.contracts.case_limits import MAX_ENTRIES
from shared.contracts.events import AgencyOutcome
from shared.contracts.topics import EVENT
from shared.reference.units import OTHER_UNIT
from tests.router.erasures import (
    ERASE,
    OPERATOR,
    TIME,
    WHERE,
    WORD,
    after_all,
    erase,
    fact,
    folded,
    heard,
    report,
    said,
)
from tests.router.lives import after, in_status
from tests.support.builders import (
    OFFICER,
    REPORTER,
    agency,
    complaint_id,
    complete,
    decision,
    follow_up,
    request,
    supplement,
)

LIVED = (
    follow_up(1, text=f"Kata pelapor: {WORD}"),
    request(Reply(text=WORD), 2, actor=REPORTER),
    request(ReturnToReporter(text=f"Di mana {WORD}?"), 3),
    supplement(4, text=WORD, place=WHERE),
    request(AssignUnit(unit="Dinas PU", text=WORD), 5),
    complete(6),
    request(Rate(rating=2, text=WORD), 7, actor=REPORTER),
    request(Reopen(text=WORD), 8, actor=REPORTER),
    request(Transfer(institution="prov-36", text=WORD), 9),
)


def test_no_word_is_left_and_codes_times_and_numbers_stay() -> None:
    before = after_all(*LIVED)
    case = folded(before, erase()).after
    assert case is not None

    assert WORD in before.model_dump_json()
    assert WORD not in case.model_dump_json()
    assert (case.complaint.title, current_complaint(case).text) == ("", "")
    assert case.complaint.place == Place(region_code="36.03")
    kept = {"input_id", "outcome", "at", "status", "institution", "unit", "category", "rating"}
    assert [e.model_dump(include=kept) for e in case.history[:-1]] == [
        e.model_dump(include=kept) for e in before.history
    ]
    first = case.history[0].decision
    assert first is not None
    assert (first.rule, first.category, first.region) == ("region_code", "roads", "36.03")
    assert [one.institution for one in first.candidates] == ["prov-36"]


def test_a_unit_that_nobody_accepted_is_somebodys_words_and_goes() -> None:
    lived = (
        request(AssignUnit(unit="Dinas PU"), 1),
        request(AssignUnit(unit=f"Ibu {WORD}"), 2),
        request(AssignUnit(unit="Balai"), 3),
        request(AssignUnit(unit=f"Bapak {WORD}"), 4),
    )

    case = folded(after_all(*lived), erase()).after

    assert case is not None
    assert WORD not in case.model_dump_json()
    units = [entry.unit for entry in case.history]
    assert units == [None, "Dinas PU", OTHER_UNIT, "Balai", OTHER_UNIT, OTHER_UNIT]
    assert fact(case).unit == OTHER_UNIT


def test_a_unit_that_is_named_after_the_erasure_is_kept_only_where_it_is_known() -> None:
    later = (
        request(AssignUnit(unit=f"Ibu {WORD}"), 200),
        request(AssignUnit(unit="Dinas PU"), 201),
    )

    case = folded(after_all(follow_up(1)), erase(), *later).after

    assert case is not None
    assert [entry.unit for entry in case.history[-2:]] == [OTHER_UNIT, "Dinas PU"]


def test_the_entry_says_who_erased_and_why_and_changes_nothing_else() -> None:
    before = after_all(*LIVED)
    case = folded(before, erase()).after
    assert case is not None

    last = case.last
    assert (last.outcome, last.actor, last.erasure) == (
        Outcome.ERASED,
        OPERATOR,
        ErasureReason.REQUESTED,
    )
    state = {"status", "institution", "unit", "category", "investigation"}
    assert last.model_dump(include=state) == before.last.model_dump(include=state)
    assert TIME.next_due(case) == TIME.next_due(before)


@pytest.mark.parametrize("status", Status)
def test_a_case_is_erased_in_every_status_and_keeps_it(status: Status) -> None:
    case = after(in_status(status), erase())

    assert (case.last.outcome, case.last.status) == (Outcome.ERASED, status)


@pytest.mark.parametrize("kind", [kind for kind in ActorKind if kind is not ActorKind.OPERATOR])
def test_nobody_but_an_operator_erases(kind: ActorKind) -> None:
    case = folded(after_all(), erase(actor=Actor(kind=kind, code="kab-3603"))).after

    assert case is not None
    assert case.last.refusal is not None
    assert case.last.refusal.code == "not_allowed"
    assert case.complaint.text


def test_all_that_ever_held_it_hear_of_it_without_a_word() -> None:
    found = heard(after_all(*LIVED, erase()), AgencyOutcome.ERASED)

    assert set(found) == {"kab-3603", "prov-36"}
    assert (found["prov-36"].status, found["kab-3603"].status) == (Status.ROUTED, None)
    for event in found.values():
        told = {name for name, value in event.model_dump().items() if value is not None}
        assert told <= {
            *("complaint_id", "number", "agency", "seq", "outcome", "at", "status"),
            "category",
        }


def test_a_case_that_nobody_held_is_erased_and_nobody_hears() -> None:
    waiting = decision(None, rule="unsure")

    assert heard(after_all(erase(), first=waiting), AgencyOutcome.ERASED) == {}


@pytest.mark.parametrize(
    ("action", "actor", "status"),
    [
        (Supplement(text=WORD), REPORTER, Status.POSTPONED),
        (Supplement(text=WORD), OFFICER, Status.UNVERIFIED),
        (Reply(text=WORD), REPORTER, Status.IN_PROGRESS),
        (Reopen(text=WORD), REPORTER, Status.COMPLETED),
        (Reopen(text=WORD), OFFICER, Status.ARCHIVED),
        (ERASE, OPERATOR, Status.ROUTED),
    ],
    ids=lambda value: str(getattr(value, "kind", value)),
)
def test_what_would_bring_words_is_refused_after_an_erasure(
    action: Action, actor: Actor, status: Status
) -> None:
    erased = after(in_status(status), erase())

    last = after(erased, request(action, 11, actor=actor)).last

    assert InputKind(action.kind) in NOT_WHEN_ERASED
    assert last.refusal is not None
    assert (last.refusal.code, last.text, last.status) == ("erased", None, status)


@pytest.mark.parametrize(
    ("action", "actor", "outcome"),
    [
        (FollowUp(text=WORD), agency(), Outcome.FOLLOWED_UP),
        (Complete(text=WORD), agency(), Outcome.COMPLETED),
        (Transfer(institution="prov-36", text=WORD), agency(), Outcome.TRANSFERRED),
        (Route(institution="prov-36", text=WORD), OFFICER, Outcome.ROUTED),
    ],
    ids=lambda value: str(getattr(value, "kind", value)),
)
def test_the_institution_goes_on_and_its_words_are_not_kept(
    action: Action, actor: Actor, outcome: Outcome
) -> None:
    case = after_all(erase(), request(action, 11, actor=actor))

    assert case.last.outcome is outcome
    assert WORD not in "".join(str(event.value) for event in said(case))


def test_a_rating_after_an_erasure_counts_without_its_words() -> None:
    case = after_all(complete(1), erase(2), request(Rate(rating=1, text=WORD), 3, actor=REPORTER))

    assert (case.last.rating, case.last.text) == (1, None)


def test_an_erasure_passes_every_bound() -> None:
    full = after_all(*(follow_up(n, text="x" * 8_000) for n in range(3)))
    entries = (
        full.last.model_copy(
            update={"seq": n, "input_id": complaint_id(f"n{n}"), "text": "x" * 900}
        )
        for n in range(5, 900)
    )
    crowded = full.model_copy(update={"history": (*full.history, *entries)})
    assert crowded.seq > MAX_ENTRIES
    assert len(crowded.model_dump_json(exclude_none=True)) > MAX_EVENT_BYTES

    result = folded(crowded, erase())

    assert not result.dead
    assert result.after is not None
    assert result.after.is_erased


def test_a_repeated_submission_says_the_blank_case_again_and_opens_none() -> None:
    case = after_all(*LIVED, erase())

    result = folded(case, report())

    assert (result.is_changed, result.emit_from) == (False, 1)
    again = said(case, 1)
    assert not [event for event in again if WORD.encode() in event.value]
    newest = max(json.loads(e.value)["seq"] for e in again if e.topic == EVENT)
    assert json.loads([e for e in again if e.topic == EVENT][-1].value)["seq"] == newest


def test_only_the_erasure_itself_rewrites_what_is_stored() -> None:
    opened = folded(None, report())
    erasing = folded(opened.after, erase())
    later = folded(erasing.after, complete(11))

    assert [one.is_rewritten for one in (opened, erasing, later)] == [False, True, False]


@pytest.mark.parametrize(
    ("code", "kept"),
    [("36.03.01.2001", "36.03"), ("3603", "36.03"), ("36", "36"), (None, None)],
)
def test_a_place_is_kept_down_to_the_regency(code: str | None, kept: str | None) -> None:
    place = Place(region_code=code, text=WORD, latitude=1.0, longitude=2.0)

    assert blanked_place(place) == Place(region_code=kept)


def entries_with_words(case: Case) -> list[Entry]:
    return [entry for entry in case.history if entry.text]


def test_without_an_erasure_the_words_stay() -> None:
    assert len(entries_with_words(after_all(*LIVED))) == len(LIVED)

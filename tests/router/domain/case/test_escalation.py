"""Who above hears that a deadline has passed: the parent, then whoever supervises all."""

from collections.abc import Set
from datetime import timedelta

import pytest

from services.router.domain.case.publications import publications
from services.router.domain.case.timekeeper import Timekeeper
from shared.contracts.case import Case
from shared.contracts.deadlines import LegalClock, Level
from shared.contracts.events import AgencyEvent
from shared.contracts.topics import EVENT
from tests.router.lives import opened
from tests.support.builders import START
from tests.support.deadline_cases import CLOCKS

KAB, PROV, PANRB = "kab-3603", "prov-36", "kem-038"
EVERY = frozenset({KAB, PROV, PANRB})
TIME = Timekeeper(CLOCKS, {KAB: PROV}, supervisor=PANRB)
Told = list[tuple[Level, str | None]]


def late(holder: str | None, *, time: Timekeeper = TIME, topics: Set[str] = EVERY) -> Case:
    """Return a case on which nobody has acted for a year."""
    return time.settled(opened(holder), START + timedelta(days=365), topics)


def heard(case: Case, topics: Set[str] = EVERY) -> list[AgencyEvent]:
    said = publications(case, 1, topics)
    return [AgencyEvent.model_validate_json(one.value) for one in said if one.topic != EVENT]


def told(case: Case, clock: LegalClock) -> Told:
    deadlines = ((one.deadline, one.told) for one in case.history)
    return [(one.level, above) for one, above in deadlines if one and one.clock is clock]


def test_the_holder_hears_which_of_its_deadlines_passed() -> None:
    case = TIME.settled(opened(KAB), START + timedelta(days=8), EVERY)

    warned, escalated = (one for one in heard(case) if one.deadline is not None)

    assert (warned.agency, warned.outcome, escalated.outcome) == (KAB, "warned", "escalated")
    assert [entry.deadline for entry in case.history[1:]] == [warned.deadline, escalated.deadline]
    assert (escalated.status, escalated.complaint) == (case.last.status, None)


def test_first_the_institution_hears_then_its_parent_then_the_supervisor() -> None:
    case = late(KAB)

    assert told(case, LegalClock.RESOLVE) == [
        (Level.WARNING, None),
        (Level.HOLDER, None),
        (Level.PARENT, PROV),
        (Level.SUPERVISOR, PANRB),
    ]
    above = [(one.agency, one.outcome, one.late) for one in heard(case) if one.agency != KAB]
    step = [(PROV, "escalated_below", KAB), (PANRB, "escalated_below", KAB)]
    assert above == step * 2  # of two clocks


@pytest.mark.parametrize(("holder", "above"), [(KAB, PROV), (PROV, PANRB), (None, PANRB)])
def test_those_above_hear_number_institution_and_due_and_nothing_else(
    holder: str | None, above: str
) -> None:
    case = late(holder)

    event = next(one for one in heard(case) if one.agency == above)

    entry = case.history[event.seq - 1]
    assert entry.deadline is not None
    assert event.model_dump(exclude_none=True, exclude={"complaint_id", "seq", "at"}) == {
        "number": case.complaint.number,
        "agency": above,
        "outcome": "escalated_below",
        "due": entry.deadline.due,
        **({"late": holder} if holder else {}),
    }


def test_where_no_institution_is_above_the_supervisor_hears_in_its_place() -> None:
    assert told(late(PROV), LegalClock.RESOLVE)[2:] == [
        (Level.PARENT, PANRB),
        (Level.SUPERVISOR, PANRB),
    ]


def test_a_case_that_nobody_holds_escalates_to_the_supervisor() -> None:
    assert told(late(None), LegalClock.ROUTE)[1:] == [
        (Level.HOLDER, None),
        (Level.SUPERVISOR, PANRB),
    ]


def test_of_the_supervisors_own_delay_nobody_above_hears() -> None:
    case = late(PANRB)

    assert not any(one.told for one in case.history)
    assert {one.outcome for one in heard(case)} == {"routed", "warned", "escalated"}


def test_without_a_supervisor_the_parent_alone_hears() -> None:
    time = Timekeeper(CLOCKS, {KAB: PROV})

    assert [above for _, above in told(late(KAB, time=time), LegalClock.RESOLVE)] == [
        *(None, None),
        PROV,
        None,
    ]
    assert not any(one.told for one in late(None, time=time).history)


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ({KAB, PANRB}, [PANRB, PANRB]),
        ({KAB, PROV}, [PROV, None]),
        ({KAB}, [None, None]),
    ],
)
def test_no_entry_claims_that_one_without_a_topic_heard(
    topics: Set[str], expected: list[str | None]
) -> None:
    case = late(KAB, topics=topics)

    named = told(case, LegalClock.RESOLVE)
    assert [above for _, above in named[2:]] == expected
    heard_above = [one.agency for one in heard(case, topics) if one.agency != KAB]
    assert heard_above == [one.told for one in case.history if one.told]

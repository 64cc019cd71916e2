"""How far a case has come, from its history alone."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import shared
from services.metrics.domain.event import CaseEvent, EntryOutline
from services.metrics.domain.facts import Fact
from services.metrics.domain.progress import Progress, progress_of
from tests.support.builders import START, complaint_id

EXAMPLES = Path(shared.__path__[0]) / "examples" / "complaint-event"
HOME, AWAY = "kab-3603", "prov-36"


def step(outcome: str, status: str, holder: str | None = HOME, **changes: object) -> EntryOutline:
    values = {
        "input": outcome,
        "outcome": outcome,
        "at": START,
        "status": status,
        "institution": holder,
    }
    return EntryOutline.model_validate(values | changes)


def told(*steps: EntryOutline) -> Progress:
    """Return the progress of these steps, one hour after another."""
    return progress_of(one.model_copy(update={"at": hour(at)}) for at, one in enumerate(steps))


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


TRIAGED = step("triaged", "unverified", None)
ROUTED = step("routed", "routed")
FOLLOWED_UP = step("followed_up", "in_progress")
COMPLETED = step("completed", "completed")
ESCALATED = step("escalated", "routed")


def test_a_case_in_triage_has_come_nowhere() -> None:
    found = told(TRIAGED)

    assert found.holdings == ()
    assert (found.routed_at, found.first_follow_up_at, found.completed_at) == (None, None, None)


def test_it_is_routed_when_an_institution_first_holds_it() -> None:
    assert told(TRIAGED, ROUTED, TRIAGED, ROUTED).routed_at == hour(1)


def test_the_first_follow_up_counts_and_not_the_last() -> None:
    assert told(ROUTED, FOLLOWED_UP, FOLLOWED_UP).first_follow_up_at == hour(1)


def test_a_final_answer_without_a_follow_up_is_both() -> None:
    found = told(ROUTED, COMPLETED)

    assert (found.first_follow_up_at, found.completed_at) == (hour(1), hour(1))


def test_a_follow_up_of_the_former_institution_is_not_the_present_one_s() -> None:
    moved = step("transferred", "routed", AWAY)

    assert told(ROUTED, FOLLOWED_UP, moved).first_follow_up_at is None
    assert told(ROUTED, FOLLOWED_UP, moved, step("completed", "completed", AWAY)) == (
        ((HOME, None), (AWAY, None)),
        hour(0),
        hour(3),
        hour(3),
        0,
        0,
        0,
        None,
    )


def test_a_reopened_case_is_not_completed_and_its_second_answer_is() -> None:
    reopened = step("reopened", "in_progress", input="reopen")

    assert told(ROUTED, COMPLETED, reopened).completed_at is None
    again = told(ROUTED, COMPLETED, reopened, COMPLETED)
    assert (again.completed_at, again.reopened) == (hour(3), 1)


def test_a_case_reopened_into_triage_is_reopened_too() -> None:
    gone = step("triaged", "unverified", None, input="reopen")

    assert told(ROUTED, COMPLETED, gone).reopened == 1


def test_what_follows_the_answer_does_not_move_it() -> None:
    rated = step("rated", "completed", rating=4)
    refused = step("refused", "completed")

    assert told(ROUTED, COMPLETED, rated, refused).completed_at == hour(1)


def test_the_newest_rating_counts() -> None:
    assert told(ROUTED, COMPLETED).rating is None
    first, second = (step("rated", "completed", rating=stars) for stars in (2, 5))
    assert told(ROUTED, COMPLETED, first, second).rating == 5


def test_refused_inputs_change_nothing() -> None:
    refused = step("refused", "routed", rating=1)

    assert told(ROUTED, refused, refused) == told(ROUTED)


def test_each_return_to_the_reporter_counts_once() -> None:
    postponed = step("returned", "postponed")
    note = step("noted", "postponed")

    assert told(ROUTED, postponed, note, ROUTED, postponed).returned == 2


def test_what_waited_when_it_was_archived_is_not_returned_again_by_reopening() -> None:
    postponed, archived = step("returned", "postponed"), step("archived", "archived")
    reopened = step("reopened", "postponed", input="reopen")

    assert told(ROUTED, postponed, archived, reopened).returned == 1


def test_only_deadlines_of_the_present_holder_are_overdue() -> None:
    moved = step("transferred", "routed", AWAY)

    assert told(ROUTED, ESCALATED, ESCALATED).overdue == 2
    assert told(ROUTED, ESCALATED, moved).overdue == 0
    assert told(ROUTED, ESCALATED, moved, step("escalated", "routed", AWAY)).overdue == 1


def test_a_warning_and_a_closing_by_the_clock_are_not_overdue() -> None:
    warned = step("warned", "routed")
    closed = step("auto_closed", "completed")

    found = told(ROUTED, warned, FOLLOWED_UP, closed)

    assert (found.overdue, found.completed_at) == (0, hour(3))


def test_units_are_part_of_who_held_it() -> None:
    roads, health = (step("assigned", "routed", unit=unit) for unit in ("PUPR", "Dinkes"))

    found = told(ROUTED, roads, roads, health)

    assert found.holdings == ((HOME, None), (HOME, "PUPR"), (HOME, "Dinkes"))
    assert found.path == (HOME,)


def test_an_institution_without_a_topic_never_held_it() -> None:
    gone = step("triaged", "unverified", None, input="undeliverable")

    assert told(ROUTED, gone, step("routed", "routed", AWAY)).path == (AWAY,)


def test_an_institution_without_a_topic_never_held_it_in_any_of_its_units() -> None:
    gone = step("triaged", "unverified", None, input="undeliverable")
    roads, health = (step("assigned", "routed", unit=unit) for unit in ("PUPR", "Dinkes"))

    assert told(ROUTED, roads, health, gone).holdings == ()
    assert told(ROUTED, roads, gone, step("routed", "routed", AWAY)).holdings == ((AWAY, None),)


def test_what_an_institution_held_before_its_topic_was_gone_stays_held() -> None:
    gone = step("triaged", "unverified", None, input="undeliverable")
    roads = step("assigned", "routed", unit="PUPR")
    away = step("transferred", "routed", AWAY)

    assert told(ROUTED, away, ROUTED, roads, gone).path == (HOME, AWAY)
    assert told(ROUTED, roads, TRIAGED, ROUTED, gone).holdings == ((HOME, None), (HOME, "PUPR"))


def test_a_fact_from_before_times_were_kept_still_loads() -> None:
    document = {
        "complaint_id": complaint_id("one"),
        "partition": 0,
        "seq": 1,
        "received_at": START,
        "month": "2026-03",
        "institution": HOME,
        "unit": None,
        "tier": "kabupaten",
        "status": "routed",
        "category": None,
        "hops": 0,
        "former": [],
    }

    fact = Fact.model_validate(document)

    assert (fact.routed_at, fact.returned, fact.rating, fact.former_units) == (None, 0, None, ())


def example(outcome: str) -> Progress:
    text = (EXAMPLES / f"{outcome}.json").read_text(encoding="utf-8")
    event = CaseEvent.model_validate(json.loads(text)["value"])
    return progress_of(event.case.history)


def test_the_events_that_the_router_publishes_are_understood() -> None:
    assert example("completed").completed_at is not None
    assert example("followed_up").first_follow_up_at is not None
    assert example("returned").returned == 1
    assert example("rated").rating in range(1, 6)
    assert example("reopened").reopened == 1
    assert len(example("transferred").path) == 2

"""Who hears of an event: filters by event, unit and urgency, and tests of one endpoint."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery.deliveries import Notice, delivery_of
from services.notifier.domain.delivery.filters import URGENT, passes, recipients, urgency_of
from shared.contracts.events import AgencyEvent, AgencyOutcome, EndpointTest
from shared.contracts.subscriptions import EventFilter, Urgency
from tests.notifier.events import KAB, agency_event, endpoint
from tests.support.builders import START

OUTCOMES = list(AgencyOutcome)


def event(outcome: AgencyOutcome = AgencyOutcome.ROUTED, unit: str | None = None) -> AgencyEvent:
    return agency_event().model_copy(update={"outcome": outcome, "unit": unit})


def notice(told: AgencyEvent | EndpointTest) -> Notice:
    return Notice(
        event=told,
        ce_id=uuid4(),
        ce_type="t",
        ce_time=START.isoformat(),
        source=f"agency-{KAB}/0",
        offset=3,
        text="{}",
    )


@given(st.sampled_from(OUTCOMES), st.none() | st.text(max_size=5))
def test_an_empty_filter_lets_everything_pass(outcome: AgencyOutcome, unit: str | None) -> None:
    assert passes(event(outcome, unit), EventFilter())


@pytest.mark.parametrize(
    ("wanted", "outcome", "unit", "heard"),
    [
        ({"events": ["routed", "warned"]}, "routed", None, True),
        ({"events": ["routed"]}, "rated", None, False),
        ({"units": ["Dinas PU"]}, "routed", "Dinas PU", True),
        ({"units": ["Dinas PU"]}, "routed", "Dinas Sosial", False),
        ({"units": ["Dinas PU"]}, "routed", None, False),
        ({"urgency": "urgent"}, "reopened", None, True),
        ({"urgency": "urgent"}, "routed", None, False),
        ({"urgency": "routine"}, "routed", None, True),
        ({"urgency": "routine"}, "escalated", None, False),
        ({"urgency": "urgent", "units": ["a"]}, "warned", "b", False),
        ({"urgency": "urgent", "events": ["routed"]}, "routed", None, False),
    ],
)
def test_every_field_that_is_set_must_let_an_event_pass(
    wanted: dict[str, Any], outcome: str, *, unit: str | None, heard: bool
) -> None:
    found = passes(event(AgencyOutcome(outcome), unit), EventFilter.model_validate(wanted))

    assert found is heard


def test_what_comes_near_or_has_passed_is_urgent_and_nothing_else() -> None:
    urgent = {one for one in OUTCOMES if urgency_of(event(one)) is Urgency.URGENT}

    assert urgent == URGENT == {"warned", "escalated", "escalated_below", "reopened"}


def test_one_event_goes_to_every_endpoint_that_wants_it() -> None:
    all_of_it = endpoint(endpoint_id="a")
    urgent = endpoint(endpoint_id="b", filter=EventFilter(urgency=Urgency.URGENT))
    units = endpoint(endpoint_id="c", filter=EventFilter(units=("PU",)))

    found = recipients(notice(event(AgencyOutcome.WARNED, "PU")), (all_of_it, urgent, units))
    routine = recipients(notice(event(unit="Sosial")), (all_of_it, urgent, units))

    assert [one.endpoint_id for one in found] == ["a", "b", "c"]
    assert [one.endpoint_id for one in routine] == ["a"]


def test_a_test_goes_to_the_endpoint_that_it_names_whatever_its_filter() -> None:
    deaf = endpoint(endpoint_id="b", filter=EventFilter(units=("nobody",)))
    asked = notice(EndpointTest(agency=KAB, endpoint_id="b", at=START))

    (found,) = recipients(asked, (endpoint(endpoint_id="a"), deaf))
    row = delivery_of(asked, found, START)

    assert found is deaf
    assert (row.complaint_id, row.seq, row.offset) == (asked.ce_id, 0, 3)


def test_a_test_of_an_unknown_endpoint_goes_nowhere() -> None:
    asked = notice(EndpointTest(agency=KAB, endpoint_id="gone", at=START))

    assert recipients(asked, (endpoint(endpoint_id="a"),)) == []

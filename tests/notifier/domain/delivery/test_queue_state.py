"""What a queue makes of answers of the database that come late."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notifier.domain.delivery.deliveries import Delivery, Lease
from services.notifier.domain.delivery.next_action import Action, next_action
from services.notifier.domain.delivery.queue_state import Claimed, QueueState
from tests.notifier.domain.delivery.test_next_action import ENDPOINT, LIMITS
from tests.notifier.events import KAB, agency_event, delivery
from tests.support.builders import START, complaint_id


def seconds(count: float) -> datetime:
    return START + timedelta(seconds=count)


def row(name: str) -> Delivery:
    return replace(
        delivery(agency_event(name), ENDPOINT.endpoint_id), owner="me", until=seconds(30)
    )


@pytest.fixture
def state() -> QueueState:
    state = QueueState(ENDPOINT.endpoint_id, KAB, LIMITS)
    state.look_up(ENDPOINT, START)
    return state


@pytest.mark.parametrize("event", ["forget", "erase", "lose", "recorded"])
def test_what_was_read_before_rows_were_dropped_stays_in_the_database(
    state: QueueState, event: str
) -> None:
    one = row("one")
    state.backlog.tell()
    mark = state.backlog.look()
    match event:
        case "forget":
            state.forget()
        case "erase":
            state.erase({complaint_id("one")})
        case "lose":
            state.lose({one.source})
        case _:
            state.recorded(one, one.state)  # it waits again, and what was read comes after it

    state.claimed(mark, Claimed([one], seconds(30), [], is_all=True), soon=seconds(5))

    assert len(state.rows) == 0
    assert next_action(state, START) is Action.CLAIM


def test_a_renewal_says_nothing_of_a_row_that_came_in_meanwhile(state: QueueState) -> None:
    first = state.admit([row("one")], Lease("me", seconds(30)), now=START, room=4)
    state.inserted(first, repeated=False)
    late = state.admit([row("two")], Lease("me", seconds(30)), now=START, room=3)
    renewed = {one.delivery_id for one in state.rows.rows}
    state.inserted(late, repeated=False)  # while the database renews

    state.renewed(renewed, seconds(49))

    state.look_up(ENDPOINT, seconds(25))
    assert next_action(state, seconds(25)) is Action.RENEW

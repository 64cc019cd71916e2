"""What an attempt's answer does to its row, and to its endpoint's queue."""

from dataclasses import dataclass
from datetime import datetime

from services.notifier.domain.delivery.circuit import (
    after_answer,
    after_failure,
    after_gone,
    pause_before_next,
)
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import NO_AGENCY
from services.notifier.domain.delivery.outcomes import (
    MOST_REJECTIONS,
    AnswerMeaning,
    Delivered,
    DeliveryOutcome,
    Failing,
    Gone,
    Later,
    Rejected,
)
from services.notifier.domain.delivery.queue_state import QueueState
from shared.contracts.deliveries import DeliveryState


@dataclass(frozen=True, slots=True)
class Moment:
    """When an answer came, under which version of the circuit its attempt had begun, and luck."""

    now: datetime
    started: int
    chance: float  # 0 to 1: places the jitter


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The state that a row gets; a pending one that waits alone is not taken before `until`."""

    state: DeliveryState
    until: datetime | None = None


def conclude(queue: QueueState, row: Delivery, meaning: AnswerMeaning, at: Moment) -> Conclusion:
    """Change the queue as the answer says, and return what becomes of the row."""
    counts = at.started == queue.circuit.version  # not a straggler of an earlier state
    match _about_the_endpoint(queue, row, meaning):
        case Failing() as failing:
            if counts:
                _fail(queue, failing, at)
            return Conclusion(_waits_again(queue, row))
        case Gone():
            queue.forget()
            queue.change(after_gone(queue.circuit))
            return Conclusion(DeliveryState.PARKED)
        case about_the_row:
            if counts and not queue.is_ok:
                _recover(queue)
            return _of_the_row(queue, row, about_the_row, at)


def _about_the_endpoint(queue: QueueState, row: Delivery, meaning: AnswerMeaning) -> AnswerMeaning:
    """Return a rejection as a failure where so many in a row were rejected, or a probe was.

    Never on a way to reporters: there each delivery is for somebody else.
    """
    if isinstance(meaning, Delivered):
        queue.rejections = 0
    if meaning != Rejected() or row.agency == NO_AGENCY:
        return meaning
    queue.rejections += 1
    refuses = queue.circuit.refuses or queue.rejections >= MOST_REJECTIONS
    return Failing(DeliveryOutcome.REJECTED) if refuses else meaning


def _of_the_row(queue: QueueState, row: Delivery, meaning: AnswerMeaning, at: Moment) -> Conclusion:
    if isinstance(meaning, Rejected):
        return Conclusion(DeliveryState.REJECTED)
    if not isinstance(meaning, Later):
        return Conclusion(DeliveryState.DELIVERED)
    if _waits_again(queue, row) is DeliveryState.PARKED:
        return Conclusion(DeliveryState.PARKED)
    until = at.now + pause_before_next(row.attempts)
    queue.deferred[row.complaint_id] = until
    return Conclusion(DeliveryState.PENDING, until)


def _fail(queue: QueueState, failing: Failing, at: Moment) -> None:
    """Climb one step; give the endpoint up at the end of the ladder."""
    queue.forget()
    queue.backlog.tell()
    refuses = queue.circuit.refuses or failing.outcome is DeliveryOutcome.REJECTED
    circuit = after_failure(
        queue.circuit.model_copy(update={"refuses": refuses}),
        queue.limits.backoff,
        now=at.now,
        chance=at.chance,
        asked=failing.pause,
    )
    queue.change(circuit.model_copy(update={"reason": failing.outcome.value}))


def _recover(queue: QueueState) -> None:
    queue.backlog.tell()  # nothing new may overtake what waited
    queue.change(after_answer(queue.circuit))


def _waits_again(queue: QueueState, row: Delivery) -> DeliveryState:
    tried_enough = row.attempts + 1 >= queue.limits.row_attempts
    parked = queue.circuit.is_given_up or tried_enough
    return DeliveryState.PARKED if parked else DeliveryState.PENDING

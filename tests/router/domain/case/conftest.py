"""Cases of one complaint under clocks, and what an owner of them says."""

from datetime import timedelta

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.timekeeper import Timekeeper
from shared.contracts.case import Case
from shared.contracts.events import DeadlinePassed, Input
from tests.router.lives import REACH, decide
from tests.support.builders import START, complaint_id, decision, submitted
from tests.support.deadline_cases import CLOCKS

TIME = Timekeeper(CLOCKS, {"kab-3603": "prov-36"})
DAY = 24  # hours, as requests are numbered


def folded(case: Case | None, *inputs: Input, first: str | None = "kab-3603") -> Fold:
    decisions = {complaint_id("one"): decision(first)}
    return fold(case, inputs, BatchContext(decisions, REACH, decide, TIME))


def after(*inputs: Input, first: str | None = "kab-3603") -> Case:
    case = folded(None, submitted(), *inputs, first=first).after
    assert case is not None
    return case


def firing(case: Case, hours: float) -> list[Input]:
    """Return what an owner says who looks so many hours after the start."""
    last = TIME.last_passed(case, START + timedelta(hours=hours))
    return [DeadlinePassed(complaint_id=complaint_id("one"), deadline=last)] if last else []

"""A case that everybody has written a word into, and its erasure."""

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import Fact, fact_of
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.publications import publications
from services.router.domain.case.timekeeper import Timekeeper
from shared.contracts.actions import Erase
from shared.contracts.case import Actor, ActorKind, Case, Complaint, Decision, ErasureReason, Place
from shared.contracts.events import ActionRequested, AgencyEvent, AgencyOutcome, Input, Submitted
from shared.contracts.topics import EVENT
from shared.kafka.envelope import Outgoing
from tests.router.lives import CODES, REACH
from tests.support.builders import complaint_id, decision, request, submitted
from tests.support.deadline_cases import CLOCKS

OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")
ERASE = Erase(reason=ErasureReason.REQUESTED)
WORD = "rahasia"  # stands in everything that somebody wrote, and in nothing else
TIME = Timekeeper(CLOCKS, {"kab-3603": "prov-36"})
WHERE = Place(text=WORD, region_code="36.03.01.2001", latitude=-6.2, longitude=106.4)
GUESS = {"institution": "prov-36", "confidence": 0.2, "reason": f"topic: {WORD} means"}
TOLD = decision(
    "kab-3603",
    category="roads",
    region="36.03",
    reasons=(f"words: {WORD}",),
    candidates=(GUESS,),
    questions=({"need": "spot", "text": WORD, "text_en": WORD},),
    similar=({"number": "0123456789ABCDEF", "likeness": 0.8},),
)


def report() -> Submitted:
    return submitted(title=WORD, text=f"{WORD} di desa", place=WHERE, category=f"{WORD} lampu")


def erase(number: int = 10, actor: Actor = OPERATOR) -> ActionRequested:
    return request(ERASE, number, actor=actor)


def folded(case: Case | None, *inputs: Input, first: Decision = TOLD) -> Fold:
    return fold(case, inputs, BatchContext({complaint_id("one"): first}, REACH, decide, TIME))


def decide(complaint: Complaint) -> Decision:
    return TOLD if "lagi" in complaint.text else TOLD.model_copy(update={"institution": None})


def after_all(*inputs: Input, first: Decision = TOLD) -> Case:
    case = folded(None, report(), *inputs, first=first).after
    assert case is not None
    return case


def said(case: Case, first: int = 1) -> list[Outgoing]:
    return list(publications(case, first, CODES))


def heard(case: Case, outcome: AgencyOutcome) -> dict[str, AgencyEvent]:
    events = (AgencyEvent.model_validate_json(e.value) for e in said(case) if e.topic != EVENT)
    return {event.agency: event for event in events if event.outcome is outcome}


def fact(case: Case) -> Fact:
    event = next(e for e in said(case, case.seq) if e.topic == EVENT)
    return fact_of(CaseEvent.model_validate_json(event.value), 0)

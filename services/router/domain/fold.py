"""Folding a case's inputs of one batch, in order, into history entries.

The history is both the set of inputs seen and the outbox: an input that is in it never decides
again, it only has its entry and all newer ones said once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.router.domain.machine import apply, open_case
from services.router.domain.reach import Reach
from shared.case import ActorKind, Case, Decision, Outcome
from shared.errors import Permanent
from shared.events import ActionRequested, Input, Submitted

MAX_ENTRIES = 500
MAX_REFUSALS = 50
MAX_EVENT_BYTES = 768 * 1024
_ALWAYS_PASS = frozenset({ActorKind.OFFICER, ActorKind.OPERATOR})


@dataclass(slots=True)
class Fold:
    """A case before and after the inputs of a batch."""

    before: Case | None
    after: Case | None
    emit_from: int | None = None  # the lowest `seq` to publish; everything newer follows
    dead: dict[int, Permanent] = field(default_factory=dict)  # by place among the inputs

    @property
    def is_changed(self) -> bool:
        """Tell whether there is anything to write."""
        return self.after is not None and self.after is not self.before


def fold(
    case: Case | None,
    inputs: Sequence[Input],
    decisions: Mapping[UUID, Decision],
    *,
    reach: Reach,
) -> Fold:
    """Return the case after `inputs`; `decisions` has one for each new complaint, by its id."""
    folded = Fold(before=case, after=case)
    for place, request in enumerate(inputs):
        seen = folded.after.seq_of(request.input_id) if folded.after else None
        if seen is None:
            try:
                folded.after = _next(folded.after, request, decisions, reach)
                seen = folded.after.seq
            except Permanent as reason:
                folded.dead[place] = reason
                continue
        folded.emit_from = min(seen, folded.emit_from or seen)
    return folded


def _next(
    case: Case | None, request: Input, decisions: Mapping[UUID, Decision], reach: Reach
) -> Case:
    if isinstance(request, Submitted):
        if case is not None:
            raise Permanent("already_open", f"case {case.complaint.number} has another first input")
        return open_case(request, decisions[request.complaint_id])
    if case is None:
        raise Permanent("unknown_complaint", f"no case {request.complaint_id}")
    _check_count(case, request)
    after = case.with_entry(apply(case, request, reach))
    _check_size(after)
    return after


def _check_count(case: Case, request: ActionRequested) -> None:
    refusals = sum(entry.outcome is Outcome.REFUSED for entry in case.history)
    full = len(case.history) >= MAX_ENTRIES or refusals >= MAX_REFUSALS
    if full and request.actor.kind not in _ALWAYS_PASS:
        raise Permanent(
            "too_many_inputs",
            f"case {case.complaint.number} has {len(case.history)} entries,"
            f" {refusals} of them refusals; an officer must act",
        )


def _check_size(case: Case) -> None:
    # Six bytes is the longest a character becomes in JSON; the exact size is dear to know.
    letters = len(case.complaint.text) + sum(len(entry.text or "") for entry in case.history)
    if 6 * letters + 3000 * (len(case.history) + 1) <= MAX_EVENT_BYTES:
        return
    size = len(case.model_dump_json(exclude_none=True).encode())
    if size > MAX_EVENT_BYTES - 4096:
        raise Permanent(
            "too_large", f"case {case.complaint.number} would be {size} bytes as an event"
        )

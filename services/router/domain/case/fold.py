"""Folding a case's inputs of one batch, in order, into history entries.

The history is both the set of inputs seen and the outbox: an input that is in it never decides
again, it only has its entry and all newer ones said once more. Before one that is not, what the
clocks had to say until its business time is settled: when anybody looked at them changes nothing,
but for who above could be told, which is who had a topic then.
Those deadlines are said again with it: whoever wrote them down may have died before it said them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.erasure import with_entry
from services.router.domain.case.machine import apply, open_case
from shared.contracts.case import Case, Entry, InputKind, Outcome
from shared.contracts.case_limits import fullness
from shared.contracts.events import ActionRequested, Asked, RepublishRequested, Submitted
from shared.contracts.identifiers import event_id
from shared.errors import Permanent, Refused

MAX_EVENT_BYTES = 768 * 1024
_ENTRY_BYTES = 6_000  # an entry with a whole decision, its text and place apart
# For the event around the case, and for all deadlines that may still pass: they are not refused.
_ROOM_BYTES = 8_192


@dataclass(slots=True)
class Fold:
    """A case before and after the inputs of a batch."""

    before: Case | None
    after: Case | None
    emit_from: int | None = None  # the lowest `seq` to publish; everything newer follows
    dead: dict[int, Permanent] = field(default_factory=dict)  # by place among the inputs
    refused: dict[int, Refused] = field(default_factory=dict)  # likewise: no entry, but an answer

    @property
    def is_rewritten(self) -> bool:
        """Tell whether what was there before has changed too: its words are gone."""
        if self.before is None or self.after is None:
            return False
        return self.after.is_erased and not self.before.is_erased

    @property
    def is_changed(self) -> bool:
        """Tell whether there is anything to write."""
        return self.after is not None and self.after is not self.before

    def say_from(self, seq: int) -> None:
        """Have this entry published, and all after it."""
        self.emit_from = min(seq, self.emit_from or seq)

    def say_deadlines_before(self, seq: int) -> None:
        """Have the deadlines published that lie just before this entry, and all after them."""
        if self.after is not None:
            first = _first_deadline_before(self.after, seq)
            if first <= self.after.seq:
                self.say_from(first)

    def become(self, case: Case) -> None:
        """Take in a case that may have grown, and have what is new published."""
        known = self.after.seq if self.after else 0
        self.after = case
        if case.seq > known:
            self.say_from(known + 1)


def fold(case: Case | None, inputs: Sequence[Asked], judgement: BatchContext) -> Fold:
    """Return the case after `inputs`."""
    folded = Fold(before=case, after=case)
    for place, request in enumerate(inputs):
        try:
            _take(folded, request, judgement)
        except Permanent as reason:
            folded.dead[place] = reason
            folded.say_deadlines_before(_end(folded))
        except Refused as reason:
            folded.refused[place] = reason
            folded.say_deadlines_before(_end(folded))
    return folded


def _take(folded: Fold, request: Asked, judgement: BatchContext) -> None:
    case = folded.after
    if isinstance(request, RepublishRequested):
        folded.say_from(_first_to_say(case, request))
        return
    if case is not None and (seen := case.seq_of(request.input_id)) is not None:
        folded.say_deadlines_before(seen)
        return
    if isinstance(request, Submitted):
        folded.become(_opened(case, request, judgement))
        return
    if case is None:
        raise _unknown(request)
    # A deadline that has not passed by its own time has been stopped or armed anew: no word of it.
    case = judgement.time.settled(case, request.at, judgement.reach.provisioned)
    folded.become(case)
    if isinstance(request, ActionRequested):
        folded.become(_acted(case, request, judgement))
    elif case.seq_of(request.input_id) is None:
        folded.say_deadlines_before(_end(folded))


def _unknown(request: Asked) -> Permanent | Refused:
    detail = f"no case {request.complaint_id}"
    if isinstance(request, ActionRequested):
        return Refused("unknown_complaint", detail)
    return Permanent("unknown_complaint", detail)  # a deadline is our own word


def _first_to_say(case: Case | None, request: RepublishRequested) -> int:
    if case is None:
        detail = f"no case {request.complaint_id} to be said again; is it to be restored first?"
        raise Permanent("unknown_complaint", detail)
    said = (
        entry.seq
        for entry in case.history
        if event_id(request.complaint_id, entry.seq, request.topic) == request.event_id
    )
    # Otherwise nobody can tell which one is missing: all of them, for each reader knows a repeat.
    return next(said, 1)


def _end(folded: Fold) -> int:
    return folded.after.seq + 1 if folded.after else 1


def _first_deadline_before(case: Case, seq: int) -> int:
    """Return where the row of deadlines that ends just before entry `seq` begins; `seq` if none."""
    while seq > 1 and case.history[seq - 2].input is InputKind.DEADLINE_PASSED:
        seq -= 1
    return seq


def _opened(case: Case | None, request: Submitted, judgement: BatchContext) -> Case:
    if case is not None:
        raise Permanent("already_open", f"case {case.complaint.number} has another first input")
    return judgement.time.dated(open_case(request, judgement.decisions[request.complaint_id]))


def _acted(case: Case, request: ActionRequested, judgement: BatchContext) -> Case:
    _check_count(case, request)
    entry = apply(case, request, judgement.reach, decide=judgement.decide)
    after = judgement.time.dated(with_entry(case, entry, judgement.reach.units))
    if entry.outcome is not Outcome.ERASED:  # which only makes room
        _check_size(after)
    return after


def _check_count(case: Case, request: ActionRequested) -> None:
    if why := fullness(case, request.actor):
        raise Refused(why.code, why.detail)


def _check_size(case: Case) -> None:
    # Six bytes is the longest a character becomes in JSON; the exact size is dear to know.
    letters = len(case.complaint.text) + sum(_letters(entry) for entry in case.history)
    if 6 * letters + _ENTRY_BYTES * (len(case.history) + 1) <= MAX_EVENT_BYTES:
        return
    size = len(case.model_dump_json(exclude_none=True).encode())
    if size > MAX_EVENT_BYTES - _ROOM_BYTES:
        raise Refused(
            "too_large", f"case {case.complaint.number} would be {size} bytes as an event"
        )


def _letters(entry: Entry) -> int:
    place = entry.place.text if entry.place else None
    return len(entry.text or "") + len(place or "")

"""Erasure (penghapusan data pribadi): a case without anybody's words, then and ever after.

What is counted and what the machine judges by stays as it was: codes, times, statuses, known units,
categories, regions down to the regency, ratings. A unit that nobody accepted is somebody's words:
`OTHER_UNIT` takes its place. All events are made from the case, so what is
said again of older entries is without words as well.
"""

from shared.contracts.case import Candidate, Case, Complaint, Decision, Entry, Outcome, Place
from shared.reference.units import UnitNames

_REGENCY = 4  # digits of a region code


def with_entry(case: Case, entry: Entry, units: UnitNames) -> Case:
    """Return the case after one more entry: blank from an erasure on, whoever wrote it."""
    if entry.outcome is Outcome.ERASED:
        return blanked(case.with_entry(entry), units)
    return case.with_entry(blanked_entry(entry, units) if case.is_erased else entry)


def blanked(case: Case, units: UnitNames) -> Case:
    """Return the case without words, in its whole history; blanked again it is the same."""
    return Case(
        complaint=_blanked_complaint(case.complaint),
        history=tuple(blanked_entry(entry, units) for entry in case.history),
    )


def blanked_entry(entry: Entry, units: UnitNames) -> Entry:
    """Return the entry with what it decided and without what was said."""
    return entry.model_copy(
        update={
            "text": None,
            "unit": units.known(entry.institution, entry.unit),
            "place": entry.place and blanked_place(entry.place),
            "decision": entry.decision and _blanked_decision(entry.decision, units),
        }
    )


def blanked_place(place: Place) -> Place:
    """Return the regency or city alone: a village and a category may tell who it was."""
    digits = (place.region_code or "").replace(".", "")[:_REGENCY]
    return Place(region_code=".".join(filter(None, (digits[:2], digits[2:]))) or None)


def _blanked_complaint(complaint: Complaint) -> Complaint:
    return complaint.model_copy(
        update={
            "title": "",
            "text": "",
            "place": blanked_place(complaint.place),
            "category": None,  # as the reporter wrote it; the entries hold what it was found to be
        }
    )


def _blanked_decision(decision: Decision, units: UnitNames) -> Decision:
    # Reasons name the words that were recognised; likenesses and questions are about the text.
    return decision.model_copy(
        update={
            "unit": units.known(decision.institution, decision.unit),
            "reasons": (),
            "candidates": tuple(map(_blanked_candidate, decision.candidates)),
            "questions": (),
            "similar": (),
        }
    )


def _blanked_candidate(one: Candidate) -> Candidate:
    return one.model_copy(update={"reason": ""})

"""Why an action changes nothing: stable codes, and a sentence for whoever asked.

A sentence names codes and statuses, never what somebody wrote, and says what to do instead where
there is something.
"""

import json
from collections.abc import Mapping
from enum import StrEnum

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.history import STAFF, has_begun
from services.router.domain.case.transitions import row_for, rows_of
from shared.contracts.actions import Action, Archive, AssignUnit, Reopen, Route, Transfer
from shared.contracts.case import (
    MAX_ACTION_BYTES,
    ActorKind,
    ArchiveReason,
    Case,
    Entry,
    InputKind,
    Refusal,
    Status,
)
from shared.contracts.case_limits import (
    MOST_FROM_REPORTER,
    MOST_REOPENINGS,
    REPORTERS,
    TOO_MUCH,
    reopenings,
    said_by_reporter,
)
from shared.contracts.events import ActionRequested

# Of the 768 kB of a case's event, the first text takes up to 300; the rest is the institution's.
MOST_BYTES_FROM_REPORTER = MOST_FROM_REPORTER * MAX_ACTION_BYTES  # as JSON writes them
# An institution may not say what the reporter wishes.
FOR_STAFF = frozenset({ArchiveReason.WITHDRAWN})
# What has nothing but words to add, and the erasure itself.
NOT_WHEN_ERASED = frozenset(
    {InputKind.SUPPLEMENT, InputKind.REPLY, InputKind.REOPEN, InputKind.ERASE}
)


class RefusalCode(StrEnum):
    """Every code with which the router refuses an action."""

    NOT_ALLOWED = "not_allowed"
    NOT_HOLDER = "not_holder"
    WRONG_STATUS = "wrong_status"
    UNKNOWN_INSTITUTION = "unknown_institution"
    SAME_INSTITUTION = "same_institution"
    NOT_PROVISIONED = "institution_not_provisioned"
    CLOSED = "institution_closed"
    NO_INSTITUTION = "no_institution"
    CATEGORY_FOR_STAFF = "category_for_staff"
    INVESTIGATION_FOR_STAFF = "investigation_for_staff"
    NOTHING_CHANGED = "nothing_changed"
    REASON_FOR_STAFF = "reason_for_staff"
    ALREADY_BEGUN = "already_begun"
    TOO_MANY_REOPENINGS = "too_many_reopenings"
    TOO_MUCH_FROM_REPORTER = TOO_MUCH
    ERASED = "erased"


MEANINGS: Mapping[RefusalCode, str] = {
    RefusalCode.NOT_ALLOWED: "this kind of caller may never ask for this",
    RefusalCode.NOT_HOLDER: "the institution does not hold the case, or no longer",
    RefusalCode.WRONG_STATUS: "not for this caller while the case is in this status",
    RefusalCode.UNKNOWN_INSTITUTION: "`route`, `transfer`: the directory has no such code",
    RefusalCode.SAME_INSTITUTION: (
        "`route`, `transfer`: it holds the case already; use `assign_unit`"
    ),
    RefusalCode.NOT_PROVISIONED: "`route`: its topic does not exist",
    RefusalCode.CLOSED: "`route`, `transfer`: it is closed, and none has taken over",
    RefusalCode.NO_INSTITUTION: (
        "`assign_unit`: the case was returned before any institution held it"
    ),
    RefusalCode.CATEGORY_FOR_STAFF: (
        "`assign_unit`: an institution names units, officers the category"
    ),
    RefusalCode.INVESTIGATION_FOR_STAFF: (
        "`assign_unit`: officers say whether it needs an investigation"
    ),
    RefusalCode.NOTHING_CHANGED: "`assign_unit`: all that it names is so already",
    RefusalCode.REASON_FOR_STAFF: "`archive`: this reason is for officers",
    RefusalCode.ALREADY_BEGUN: "`archive`: the institution has begun it; officers still may",
    RefusalCode.TOO_MANY_REOPENINGS: (
        f"`reopen`: {MOST_REOPENINGS} times already; an officer still may"
    ),
    RefusalCode.TOO_MUCH_FROM_REPORTER: (
        f"{MOST_FROM_REPORTER} entries, or as many times 8 kB, came from the reporter already"
    ),
    RefusalCode.ERASED: (
        "`supplement`, `reply`, `reopen`, `erase`: the words of the case were erased"
    ),
}


def refusal_of(case: Case, request: ActionRequested, reach: AgencyDirectoryView) -> Refusal | None:
    """Return why an action changes nothing, or None where it is to be done."""
    return (
        _not_for_caller(case, request)
        or _too_late(case, request)
        or _too_often(case, request)
        or _unfit(case, request, reach)
    )


def _not_for_caller(case: Case, request: ActionRequested) -> Refusal | None:
    kind, actor, status = InputKind(request.action.kind), request.actor, case.last.status
    if not rows_of(kind, actor.kind):
        return _refused(RefusalCode.NOT_ALLOWED, f"{actor.kind} may not {kind}")
    if actor.kind is ActorKind.AGENCY and actor.code != case.last.institution:
        return _refused(RefusalCode.NOT_HOLDER, f"{actor.code} does not hold this case")
    if row_for(kind, actor.kind, status) is None:
        return _refused(RefusalCode.WRONG_STATUS, _instead(kind, actor.kind, status))
    return None


def _instead(kind: InputKind, actor: ActorKind, status: Status) -> str:
    text = f"{kind} is not possible while {status}"
    others = (InputKind.SUPPLEMENT, InputKind.REPLY, InputKind.REOPEN)
    possible = [str(other) for other in others if row_for(other, actor, status)]
    return f"{text}; use {' or '.join(possible)}" if kind in others and possible else text


def _too_late(case: Case, request: ActionRequested) -> Refusal | None:
    kind = InputKind(request.action.kind)
    if kind in NOT_WHEN_ERASED and case.is_erased:
        return _refused(
            RefusalCode.ERASED, "the words of this case were erased; submit a new report"
        )
    return None


def _too_often(case: Case, request: ActionRequested) -> Refusal | None:
    if request.actor.kind in STAFF:
        return None
    if isinstance(request.action, Reopen) and reopenings(case) >= MOST_REOPENINGS:
        return _refused(
            RefusalCode.TOO_MANY_REOPENINGS,
            f"reopened {MOST_REOPENINGS} times; an officer must act",
        )
    if request.actor.kind in REPORTERS and _is_too_much(case, request.action.text):
        return _refused(
            RefusalCode.TOO_MUCH_FROM_REPORTER,
            f"{MOST_FROM_REPORTER} entries or {MOST_BYTES_FROM_REPORTER} bytes came from the"
            " reporter; an officer must act",
        )
    return None


def _is_too_much(case: Case, text: str | None) -> bool:
    said = said_by_reporter(case)
    size = sum(len(json.dumps(one, ensure_ascii=False).encode()) for one in (*said, text))
    return len(said) >= MOST_FROM_REPORTER or size > MOST_BYTES_FROM_REPORTER


def _unfit(case: Case, request: ActionRequested, reach: AgencyDirectoryView) -> Refusal | None:
    match request.action:
        case Route(institution=code) | Transfer(institution=str(code)):
            return _unreachable(case, request.action, code, reach=reach)
        case AssignUnit() as action:
            return _unassignable(case, request, action)
        case Archive(reason=reason) if request.actor.kind not in STAFF:
            return _kept(case, reason)
    return None


def _kept(case: Case, reason: ArchiveReason) -> Refusal | None:
    holder = case.last.institution
    if reason in FOR_STAFF:
        return _refused(RefusalCode.REASON_FOR_STAFF, f"{reason} is for officers to say")
    if holder is not None and has_begun(case, holder):
        waits = case.last.status is Status.POSTPONED
        way_out = "wait for the reporter, or ask an officer" if waits else "use complete"
        return _refused(RefusalCode.ALREADY_BEGUN, f"{holder} has begun this case; {way_out}")
    return None


def _unreachable(
    case: Case, action: Action, code: str, *, reach: AgencyDirectoryView
) -> Refusal | None:
    if code not in reach.known:
        return _refused(RefusalCode.UNKNOWN_INSTITUTION, f"no institution has the code {code}")
    if reach.current(code) is None:
        detail = f"{code} is closed and has no successor; name who is to answer"
        return _refused(RefusalCode.CLOSED, detail)
    if code == case.last.institution:
        return _refused(
            RefusalCode.SAME_INSTITUTION, f"{code} holds this case already; use assign_unit"
        )
    if isinstance(action, Route) and code not in reach.provisioned:
        return _refused(RefusalCode.NOT_PROVISIONED, f"{code} has no topic; create agency-{code}")
    return None


def _unassignable(case: Case, request: ActionRequested, action: AssignUnit) -> Refusal | None:
    last = case.last
    if last.institution is None:
        return _refused(RefusalCode.NO_INSTITUTION, "no institution holds this case; use route")
    if request.actor.kind not in STAFF:
        if action.category is not None:
            return _refused(RefusalCode.CATEGORY_FOR_STAFF, "only officers correct the category")
        if action.investigation is not None:
            detail = "only officers say whether it needs an investigation"
            return _refused(RefusalCode.INVESTIGATION_FOR_STAFF, detail)
    if not _changes_something(last, action):
        return _refused(RefusalCode.NOTHING_CHANGED, "all that it names is so already")
    return None


def _changes_something(last: Entry, action: AssignUnit) -> bool:
    return (
        action.unit not in (None, last.unit)
        or action.category not in (None, last.category)
        or action.investigation not in (None, bool(last.investigation))
    )


def _refused(code: RefusalCode, detail: str) -> Refusal:
    return Refusal(code=code.value, detail=detail)

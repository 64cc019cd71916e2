"""What the words of an institution's contract mean, for those who read it first.

Every field, outcome and refusal that an institution can meet has a line here; the tests see to it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from services.router.domain.case.refusals import MEANINGS, RefusalCode
from shared.contracts.case import InputKind
from shared.contracts.case_limits import MAX_ENTRIES, MAX_REFUSALS
from shared.contracts.events import AgencyOutcome

_KINDS = {
    InputKind.FOLLOW_UP: ("`text`", "tells the reporter what is being done; repeat it at will"),
    InputKind.COMPLETE: ("`text`", "the final answer"),
    InputKind.RETURN_TO_REPORTER: ("`text`", "asks the reporter; the clocks stand still meanwhile"),
    InputKind.TRANSFER: ("`text`, `institution`", "not ours; without `institution` to triage"),
    InputKind.ASSIGN_UNIT: ("`unit`, `text`", "to one of your units; later events name it"),
    InputKind.ARCHIVE: ("`reason`, `text`", "closed without an answer; only what was not begun"),
}
KINDS: Mapping[InputKind, tuple[str, str]] = MappingProxyType(_KINDS)

_OUTCOMES = {
    AgencyOutcome.ROUTED: "You must answer it by `due`, where a limit runs. Store `complaint`: "
    "it is not repeated.",
    AgencyOutcome.ASSIGNED: "It went to your unit `unit`, or officers corrected `category`.",
    AgencyOutcome.FOLLOWED_UP: "Your follow-up is taken and shown to the reporter.",
    AgencyOutcome.COMPLETED: "Your answer is taken. The reporter may still reopen it.",
    AgencyOutcome.RETURNED: "The reporter was asked; wait, the clocks stand still.",
    AgencyOutcome.SUPPLEMENTED: "The reporter added `text` or `place`: go on.",
    AgencyOutcome.REPLIED: "The reporter answered your follow-up in `text`.",
    AgencyOutcome.REOPENED: "Your answer did not settle it; `text` says why. Answer again.",
    AgencyOutcome.RATED: "The reporter rated your answer: `rating`, 5 is the best.",
    AgencyOutcome.ARCHIVED: "Closed without an answer, for `reason`: nothing is left to do.",
    AgencyOutcome.AUTO_CLOSED: "Closed: nobody said anything since your follow-up.",
    AgencyOutcome.TRANSFERRED_AWAY: "No longer yours: you may not act on it any more.",
    AgencyOutcome.WARNED: "A limit comes near: `deadline` names the clock and `due`.",
    AgencyOutcome.ESCALATED: "A limit has passed: `deadline` names the clock and who hears of it.",
    AgencyOutcome.ESCALATED_BELOW: (
        "An institution below you (`late`) is late since `due`. Who supervises the system hears it"
        " of all; without `late`, no institution had the case yet."
    ),
    AgencyOutcome.REFUSED: "Your action `action_id` changed nothing: `refusal` says why.",
    AgencyOutcome.ERASED: "Delete every word that you have of it. Number and status may stay.",
}
OUTCOMES: Mapping[AgencyOutcome, str] = MappingProxyType(_OUTCOMES)

_REFUSALS = {
    **{
        str(code): MEANINGS[code]
        for code in (
            RefusalCode.NOT_HOLDER,
            RefusalCode.WRONG_STATUS,
            RefusalCode.UNKNOWN_INSTITUTION,
            RefusalCode.SAME_INSTITUTION,
            RefusalCode.CLOSED,
            RefusalCode.NOTHING_CHANGED,
            RefusalCode.CATEGORY_FOR_STAFF,
            RefusalCode.INVESTIGATION_FOR_STAFF,
            RefusalCode.REASON_FOR_STAFF,
            RefusalCode.ALREADY_BEGUN,
        )
    },
    "not_allowed": "an institution may never ask for this kind of action",
    "invalid_value": "the action breaks the schema, `detail` says where; the event has `seq` 0",
    "unknown_complaint": "no complaint has this id; the event has `seq` 0",
    "too_many_inputs": (
        f"the case has {MAX_REFUSALS} refusals of yours, or {MAX_ENTRIES} entries; the event has"
        " `seq` 0"
    ),
    "too_large": "the case has no room for so long a text; the event has `seq` 0",
    "text_too_long": "more than 8,192 bytes of UTF-8; the event has `seq` 0",
}
REFUSALS: Mapping[str, str] = MappingProxyType(_REFUSALS)

_FIELDS = {
    "AgencyEvent": {
        "complaint_id": "UUID of the complaint: Kafka's key, and what an action names.",
        "number": "The public number of the complaint, 16 characters.",
        "agency": "Your code.",
        "seq": "Grows with every entry of the case; 0 where an action reached no case.",
        "outcome": "What happened: the last part but one of `ce_type`.",
        "at": "When it happened, not when it was sent.",
        "status": "How the case stands after it, where you hold it.",
        "unit": "Your unit that has it.",
        "category": "What it is about: a main category, or one of its own after a dot.",
        "investigation": "It needs one (berkadar pengawasan): the longer limit holds.",
        "text": "What was said with it: by you, by the reporter or by an officer.",
        "place": "What a supplement tells of the place.",
        "rating": "1 to 5, 5 the best.",
        "reason": "Why it was archived.",
        "action_id": "The id of your action that this is about.",
        "refusal": "Why your action changed nothing.",
        "deadline": "The limit that comes near or has passed.",
        "late": "The institution below you that is late; missing where none had the case.",
        "due": "By when you must answer, where that is set or moved; or since when `late` is.",
        "complaint": "The complaint as it stands; with `routed` alone.",
    },
    "AgencyComplaint": {
        "type": "What the reporter wants.",
        "title": "At most 500 characters.",
        "text": "The reporter's words, with numbers and addresses of persons masked.",
        "occurred_on": "The day on which it happened, YYYY-MM-DD.",
        "place": "Where; any part may be missing.",
        "channel": "How it came in.",
        "anonymous": "Nobody can tell you who reported it.",
        "secret": "Shown to nobody but those who handle it.",
        "received_at": "When it was received: limits count from here.",
        "supplements": "What the reporter added before, oldest first.",
        "similar": "Numbers of earlier reports of yours that may be about the same.",
    },
    "Refusal": {"code": "Stable; for programs.", "detail": "A sentence for a person."},
    "Deadline": {
        "clock": "Which limit.",
        "level": "Who hears of it.",
        "due": "The limit.",
        "armed_by": "The `seq` of the entry that started the clock.",
        "provisional": "It rests on a year whose days off may still change.",
    },
    "AgencyAction": {
        "complaint_id": "`complaint_id` of the event.",
        "action": "What you ask for, told apart by `kind`.",
    },
    "EndpointTest": {
        "agency": "Your code.",
        "endpoint_id": "The endpoint that is tried.",
        "at": "When it was asked for.",
    },
    "WebhookBody": {
        "type": "The event's type, `ce_type` on Kafka.",
        "timestamp": "When it happened, `ce_time` on Kafka.",
        "data": "The record of your topic, letter by letter.",
    },
}
FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(_FIELDS)

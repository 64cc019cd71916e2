"""Deadlines of a case: which legal clock, how far it has rung, when, and what armed it.

How they come about is decided in `services/router/domain`; here is only what they look like.
"""

from enum import StrEnum
from uuid import UUID

from shared.contracts.identifiers import derived_input_id
from shared.contracts.value_objects import Frozen, Instant


class LegalClock(StrEnum):
    """What must be done in time (batas waktu)."""

    ROUTE = "route"  # verify the report and send it to an institution
    FIRST_FOLLOW_UP = "first_follow_up"
    RESOLVE = "resolve"
    RESOLVE_INVESTIGATION = "resolve_investigation"  # takes the place of `resolve`
    AUTO_CLOSE = "auto_close"  # nobody has said anything since a follow-up


class Level(StrEnum):
    """Who hears that a clock runs out, in the order in which they do."""

    WARNING = "warning"  # before the limit: whoever must act
    HOLDER = "holder"  # at the limit: the institution, or triage where none holds the case
    PARENT = "parent"  # after it: the institution above; where there is none, the supervisor
    SUPERVISOR = "supervisor"  # of a case that nobody holds, too
    CLOSE = "close"  # at the limit: the case closes by itself


class Deadline(Frozen):
    """One level of one clock, armed by the history entry `armed_by`, is reached at `due`.

    `provisional`: it rests on a year whose days off may still change.
    """

    clock: LegalClock
    level: Level
    due: Instant
    armed_by: int
    provisional: bool = False


def deadline_id(complaint: UUID, deadline: Deadline) -> UUID:
    """Return the id of the input that says that a deadline has passed: always the same."""
    due = deadline.due.isoformat(timespec="milliseconds")
    cause = f"deadline:{deadline.clock}:{deadline.level}:{due}"
    return derived_input_id(complaint, deadline.armed_by, cause)

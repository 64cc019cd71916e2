"""Reads of a reporter's identity: who may, for what, and how each ends.

Only the institution that holds the case now may read it, and never that of an anonymous report. A
`secret` report (rahasia) is hidden from the public, which sees no report here anyway: its
institution must answer it all the same and reads its identity like any other.
"""

from enum import StrEnum

from pydantic import ConfigDict, Field

from services.intake.keys.callers import Caller, Role
from services.intake.submit.submission import Reporter
from shared.contracts.case import Case
from shared.contracts.value_objects import Frozen


class Purpose(StrEnum):
    """What an identity is read for."""

    CONTACT = "contact"  # to ask the reporter something, or to answer
    VERIFICATION = "verification"  # who is entitled, or concerned
    FIELD_VISIT = "field_visit"  # to go there
    LEGAL_DUTY = "legal_duty"  # an examination, a court


class ReadOutcome(StrEnum):
    """How a read ended."""

    GRANTED = "granted"
    NOT_ALLOWED = "not_allowed"  # not an institution
    NOT_HOLDER = "not_holder"  # not, or no longer, the institution that has the case
    ANONYMOUS = "anonymous"
    NOTHING_KEPT = "nothing_kept"  # nothing was given, or it is erased
    UNKNOWN = "unknown"  # no complaint has this number: counted, and no entry of the audit


class ReadQuery(Frozen):
    """What a read must say of itself."""

    purpose: Purpose = Field(description=f"what it is read for: {', '.join(Purpose)}")


class Identity(Frozen):
    """Who reports, as far as the report says; nothing else that is kept of a reporter."""

    model_config = ConfigDict(from_attributes=True)

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    nik: str | None = None
    address: str | None = None


class ReporterAnswer(Frozen):
    """The reporter of a complaint."""

    number: str
    reporter: Identity


def identity_of(reporter: Reporter) -> Identity | None:
    """Return the identity in what a report says of its reporter; None where it says nothing."""
    identity = Identity.model_validate(reporter)
    return identity if identity != Identity() else None


def check_access(caller: Caller, case: Case | None) -> ReadOutcome:
    """Return whether this caller may read who reported a case; GRANTED, or why not."""
    if caller.role is not Role.AGENCY:
        return ReadOutcome.NOT_ALLOWED
    if case is None or case.last.institution != caller.agency:
        return ReadOutcome.NOT_HOLDER
    return ReadOutcome.ANONYMOUS if case.complaint.anonymous else ReadOutcome.GRANTED

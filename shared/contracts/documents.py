"""What lies in MongoDB for others than its writer: cases, reporters' contacts and their choices.

The writer makes these documents and its readers take them, both by the names that are given here.
Deliveries are in `deliveries.py`; `endpoints` and `refusals` keep the models of `subscriptions.py`
and `refused_actions.py`, field by field.
"""

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict
from uuid import UUID

from shared.contracts.case import Case, Complaint, Entry

WHOLE_CASE = tuple(Case.model_fields)  # what a `Case` is read from
# A model as it is kept: what is None is left out.
KeptComplaint = Annotated[dict[str, Any], Complaint]
KeptEntry = Annotated[dict[str, Any], Entry]


class CaseState(TypedDict):
    """How a case stands, from its history: written anew with each entry, for lists and filters."""

    seq: int
    status: str  # a Status
    institution: str | None
    unit: str | None
    category: str | None
    updated_at: datetime
    overdue: bool
    due: datetime | None  # by when to answer
    triage_reason: str | None


class AgencyInputs(TypedDict, total=False):
    """The inputs of institutions among a case's entries; missing where there is none."""

    agency_inputs: list[UUID]


class CaseDocument(CaseState, AgencyInputs):
    """A row of `cases`, by complaint; the router keeps its `clocks` and `position` beside."""

    _id: UUID
    number: str
    received_at: datetime
    complaint: KeptComplaint
    history: list[KeptEntry]


class KeptCode(TypedDict):
    """Which tracking code a complaint has."""

    key: str
    issue: int


class SealedContacts(TypedDict):
    """A reporter's contacts, sealed, and the id of the key that opens them."""

    key: str
    contacts: bytes


class ContactDocument(SealedContacts):
    """A row of `contacts`, under its complaint's id."""

    _id: UUID
    at: datetime
    marks: dict[str, bytes]  # by Contact, the keyed hash that a contact is known by
    code: NotRequired[KeptCode]  # missing: the first one
    notify: NotRequired[bool]  # what the report said; missing: messages are wanted


class OptOut(TypedDict):
    """Whether messages are wanted, by the last word about it."""

    wanted: bool
    at: datetime


class OptOutDocument(OptOut):
    """A row of `opt_outs`, under the id of a choice: about a report, or about a contact."""

    _id: str

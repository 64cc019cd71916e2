"""The form of a complaint as a caller fills it in, and the record that Kafka may know of it."""

import re
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.contracts.case import (
    MAX_TEXT,
    Channel,
    Complaint,
    InstitutionCode,
    Place,
    ReportType,
)
from shared.contracts.identifiers import complaint_number
from shared.contracts.value_objects import Frozen
from shared.masking import mask, mask_within
from shared.privacy.contacts import Contact, contacts_of

MAX_TITLE = 500
FIRST_DAY = date(1945, 8, 17)  # of the Republic
WIT = timezone(timedelta(hours=9), "WIT")  # Waktu Indonesia Timur: where a day begins first
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TITLE_LENGTH = 80
MOST_PLAIN, MOST_DIGITS = 4_000, 300  # letters of a text that is masked in no time
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=MAX_TEXT)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TITLE)]


def _day(text: object) -> date:
    # By hand: the parser would take "0" for the first day of 1970.
    if not (isinstance(text, str) and _DATE.fullmatch(text)):
        raise PydanticCustomError("invalid_date", "Use a date such as 2026-03-01")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("invalid_date", "The calendar has no such day") from None
    if day < FIRST_DAY:
        raise PydanticCustomError("date_too_early", f"No day before {FIRST_DAY}")
    return day


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class Reporter(Frozen):
    """Who reports (pelapor): kept in the vault, never sent on.

    With an e-mail address or a mobile number the reporter is told what becomes of the report,
    unless `notify` is false.
    """

    name: Annotated[str, Field(max_length=200)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    nik: Annotated[str, Field(max_length=32)] | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    notify: bool = True


class Submission(Frozen):
    """One filled-in form; only `text` must be there."""

    type: ReportType = ReportType.COMPLAINT
    title: Title | None = None
    text: Text
    occurred_on: Day | None = None
    place: Place | None = None
    institution: InstitutionCode | None = None
    category: Title | None = None
    channel: Channel = Channel.WEB
    anonymous: bool = False
    secret: bool = False
    reporter: Reporter | None = None


class BatchLine(Submission):
    """One line of a batch: a form with its own idempotency key."""

    idempotency_key: str | None = None


class ReporterReach(NamedTuple):
    """The ways to a reporter: those that can be used, and those given that cannot."""

    usable: tuple[Contact, ...] = ()
    unusable: tuple[Contact, ...] = ()


def reporter_reach(submission: Submission) -> ReporterReach:
    """Return how a reporter can be written to; of an anonymous one nothing is kept."""
    reporter = submission.reporter
    if reporter is None or submission.anonymous:
        return ReporterReach()
    found = contacts_of(email=reporter.email, phone=reporter.phone)
    given = {Contact.EMAIL: reporter.email, Contact.PHONE: reporter.phone}
    unusable = (kind for kind, typed in given.items() if typed and kind not in found)
    return ReporterReach(tuple(found), tuple(unusable))


def is_ahead(submission: Submission, now: datetime) -> bool:
    """Tell whether a form says that something happened on a day that has begun nowhere yet."""
    day = submission.occurred_on
    return day is not None and day > now.astimezone(WIT).date()


def is_given(submission: Submission, *, trusted: bool) -> bool:
    """Tell whether institution and category come from a gateway that is trusted to name them."""
    return trusted and bool(submission.institution or submission.category)


def is_slow_to_mask(submission: Submission) -> bool:
    """Tell whether masking takes long: of a text that is long, or made of digits.

    A run of digits costs some 10 microseconds, an ordinary text of a page as much as a few.
    """
    text = submission.text
    if not MOST_DIGITS < len(text) <= MOST_PLAIN:
        return len(text) > MOST_PLAIN
    digits = map(text.count, "0123456789") if text.isascii() else map(str.isdigit, text)
    return sum(digits) > MOST_DIGITS


def complaint(
    submission: Submission, complaint_id: UUID, *, received_at: datetime, given: bool = False
) -> Complaint:
    """Return what Kafka may know of a submission; the same input gives the same record."""
    text = mask_within(submission.text, MAX_TEXT)
    title = mask_within(submission.title, MAX_TITLE) if submission.title else first_words(text)
    return Complaint(
        complaint_id=complaint_id,
        number=complaint_number(complaint_id),
        type=submission.type,
        title=title,
        text=text,
        occurred_on=submission.occurred_on,
        place=masked_place(submission.place or Place()),
        institution=submission.institution,
        category=mask_within(submission.category, MAX_TITLE) if submission.category else None,
        given=given,
        channel=submission.channel,
        anonymous=submission.anonymous,
        secret=submission.secret,
        received_at=received_at,
    )


def first_words(text: str) -> str:
    """Return the first words of a masked text, as its title.

    Of the masked text, because a cut through a phone number would leave half of it readable.
    """
    line = " ".join(text[: TITLE_LENGTH * 4].split())
    if len(line) <= TITLE_LENGTH:
        return line
    head, _, _ = line[: TITLE_LENGTH + 1].rpartition(" ")
    return f"{head or line[:TITLE_LENGTH]}…"


def masked_place(place: Place) -> Place:
    """Return the place with its words masked."""
    if place.text is None:
        return place
    return place.model_copy(update={"text": mask(place.text)[:MAX_TITLE]})

"""The complaint and its case, as they cross Kafka and lie in the database.

What may happen to a case is decided in `services/router/domain`; here is only what it looks like.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, field_serializer

from shared.contracts.deadlines import Deadline
from shared.contracts.identifiers import AGENCY_CODE, MOST_CODE
from shared.contracts.value_objects import Frozen, Instant

MAX_TEXT = 50_000
MAX_ACTION_BYTES = 8_192
InstitutionCode = Annotated[str, Field(pattern=f"^{AGENCY_CODE.pattern}$", max_length=MOST_CODE)]
ShortText = Annotated[str, Field(max_length=500)]
Rating = Annotated[int, Field(ge=1, le=5)]  # 5 is the best


class ReportType(StrEnum):
    """What the reporter wants (pengaduan, aspirasi, permintaan informasi)."""

    COMPLAINT = "complaint"
    ASPIRATION = "aspiration"
    INFORMATION = "information"


class Channel(StrEnum):
    """The way a report came in (kanal)."""

    WEB = "web"
    APP = "app"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    SOCIAL = "social"
    EMAIL = "email"
    COUNTER = "counter"
    LETTER = "letter"
    AGENCY_APP = "agency_app"
    OTHER = "other"


class Status(StrEnum):
    """Where a case stands (status laporan)."""

    UNVERIFIED = "unverified"  # Belum Terverifikasi
    ROUTED = "routed"  # Terdisposisi Belum Ditindaklanjuti
    IN_PROGRESS = "in_progress"  # Terdisposisi Sedang Diproses
    COMPLETED = "completed"  # Terdisposisi Selesai
    POSTPONED = "postponed"  # Tertunda
    ARCHIVED = "archived"  # Arsip


# The words of SP4N-LAPOR!, which people know them by.
STATUS_WORDS: Mapping[Status, str] = {
    Status.UNVERIFIED: "Belum Terverifikasi",
    Status.ROUTED: "Terdisposisi Belum Ditindaklanjuti",
    Status.IN_PROGRESS: "Terdisposisi Sedang Diproses",
    Status.COMPLETED: "Terdisposisi Selesai",
    Status.POSTPONED: "Tertunda",
    Status.ARCHIVED: "Arsip",
}


class InputKind(StrEnum):
    """What may be asked of a case."""

    SUBMITTED = "submitted"
    ROUTE = "route"
    TRANSFER = "transfer"
    RETURN_TO_REPORTER = "return_to_reporter"
    FOLLOW_UP = "follow_up"
    COMPLETE = "complete"
    SUPPLEMENT = "supplement"
    ASSIGN_UNIT = "assign_unit"
    REPLY = "reply"
    REOPEN = "reopen"
    RATE = "rate"
    ARCHIVE = "archive"
    ERASE = "erase"  # not through the door of actions: intake keeps a ledger of erasures
    UNDELIVERABLE = "undeliverable"  # the router's own: the institution's topic is gone
    DEADLINE_PASSED = "deadline_passed"  # the router's own: a legal clock has run so far


class Outcome(StrEnum):
    """What an input did; the last part of the event's type."""

    ROUTED = "routed"
    TRIAGED = "triaged"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    SUPPLEMENTED = "supplemented"
    FOLLOWED_UP = "followed_up"
    COMPLETED = "completed"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    REOPENED = "reopened"
    RATED = "rated"
    ARCHIVED = "archived"
    REFUSED = "refused"
    WARNED = "warned"  # a limit comes near
    ESCALATED = "escalated"  # a limit has passed
    AUTO_CLOSED = "auto_closed"  # nobody has said anything since a follow-up
    ERASED = "erased"  # the words are gone, here and in what came before


class ArchiveReason(StrEnum):
    """Why a case is closed without an answer (alasan arsip)."""

    NOT_PUBLIC_SERVICE = "not_public_service"  # not about a service or a duty of the state
    UNINTELLIGIBLE = "unintelligible"
    TOO_GENERAL = "too_general"  # masukan terlalu umum: nothing that anybody could do
    REFERRED = "referred"  # for police, courts or another body that is not part of the system
    SPAM = "spam"
    DUPLICATE = "duplicate"  # the same reporter's same report; others are linked, not archived
    TEST = "test"
    WITHDRAWN = "withdrawn"  # the reporter asked for it


class ErasureReason(StrEnum):
    """Why the words of a complaint are erased (penghapusan data pribadi; UU 27/2022, Pasal 43)."""

    REQUESTED = "requested"  # by the person whose data it is
    CONSENT_WITHDRAWN = "consent_withdrawn"
    PURPOSE_ENDED = "purpose_ended"
    UNLAWFUL = "unlawful"  # it was got or processed against the law
    BY_ORDER = "by_order"  # of a court or an authority


class ActorKind(StrEnum):
    """Who acted (pelaku)."""

    REPORTER = "reporter"
    GATEWAY = "gateway"
    AGENCY = "agency"
    OFFICER = "officer"
    OPERATOR = "operator"
    ROUTER = "router"


class Actor(Frozen):
    """Who acted: a kind, and the institution's code or the key's name; never a person's name."""

    kind: ActorKind
    code: str | None = None


class Place(Frozen):
    """Where it happened (lokasi kejadian); any part may be missing."""

    text: ShortText | None = None
    region_code: (
        Annotated[str, Field(pattern=r"^[0-9]{2}(\.?[0-9]{2}){0,2}(\.?[0-9]{4})?$")] | None
    ) = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class Complaint(Frozen):
    """One report (laporan) as Kafka may know it: masked text, no identity of the reporter."""

    complaint_id: UUID
    number: str
    type: ReportType = ReportType.COMPLAINT
    title: ShortText
    text: Annotated[str, Field(max_length=MAX_TEXT)]
    occurred_on: date | None = None
    place: Place = Place()
    institution: InstitutionCode | None = None  # the reporter's choice
    category: ShortText | None = None  # the reporter's choice
    given: bool = False  # institution and category come from a trusted gateway, not a reporter
    channel: Channel = Channel.WEB
    anonymous: bool = False
    secret: bool = False
    received_at: Instant

    @field_serializer("occurred_on")
    def _as_text(self, value: date | None) -> str | None:
        # BSON has no date without a time.
        return value.isoformat() if value else None


class Candidate(Frozen):
    """One of the best guesses shown to a triage officer."""

    institution: InstitutionCode
    confidence: float
    reason: str


class Question(Frozen):
    """What a report lacks (pertanyaan): the need's short name, and what to ask the reporter."""

    need: str
    text: str  # Indonesian
    text_en: str


class Similar(Frozen):
    """An earlier report that may be about the same thing; `likeness` from 0 to 1."""

    number: str
    likeness: float
    institution: InstitutionCode | None = None  # who answered for it when this was found


class Decision(Frozen):
    """Which institution must answer, how sure, and why; `institution` None means triage.

    Reasons name rules, regions and words of the directory, never the reporter's own text.
    `version` is of directory, taxonomy and rules together, `model` of the classifier.
    """

    institution: InstitutionCode | None = None
    unit: str | None = None
    category: str | None = None
    region: str | None = None
    confidence: float = 0.0
    rule: str
    version: str
    model: str = ""
    reasons: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    missing: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    similar: tuple[Similar, ...] = ()
    investigation: bool | None = None  # as the category has it


class Refusal(Frozen):
    """Why an input changed nothing: a stable code and a sentence for its sender."""

    code: str
    detail: str


class Entry(Frozen):
    """One line of a case's history (riwayat): an input, what it did, and the state after it."""

    seq: int
    input_id: UUID
    input: InputKind
    outcome: Outcome
    at: Instant
    actor: Actor
    status: Status
    institution: InstitutionCode | None = None
    unit: str | None = None
    category: str | None = None
    investigation: bool | None = None  # it needs one (berkadar pengawasan); None: nobody says so
    previous: InstitutionCode | None = None  # who held it before, where that changed
    text: str | None = None
    place: Place | None = None  # what a supplement tells of it
    rating: Rating | None = None  # of the answer, by its reporter
    reason: ArchiveReason | None = None
    erasure: ErasureReason | None = None
    decision: Decision | None = None
    refusal: Refusal | None = None
    deadline: Deadline | None = None  # that passed: what the entry is about
    due: Instant | None = None  # by when its institution must answer, where this set or moved it
    told: InstitutionCode | None = None  # who above heard that it passed; None: nobody


class Case(Frozen):
    """A complaint with its whole history; `seq` is the number of the last entry."""

    complaint: Complaint
    history: tuple[Entry, ...] = ()

    @property
    def last(self) -> Entry:
        """Return the newest entry; a case has at least one."""
        return self.history[-1]

    @property
    def seq(self) -> int:
        """Return how many entries the history has."""
        return len(self.history)

    @property
    def is_erased(self) -> bool:
        """Tell whether the words of this case have been erased."""
        return any(entry.outcome is Outcome.ERASED for entry in self.history)

    def with_entry(self, entry: Entry) -> Self:
        """Return the case after one more entry."""
        return self.model_copy(update={"history": (*self.history, entry)})

    def as_of(self, seq: int) -> Self:
        """Return the case as it was after entry `seq` (1, 2, 3 …)."""
        return self.model_copy(update={"history": self.history[:seq]})

    def seq_of(self, input_id: UUID) -> int | None:
        """Return the `seq` of the entry that an input gave, or None if it is new."""
        return next((entry.seq for entry in self.history if entry.input_id == input_id), None)

"""Facts: one small row per complaint, a pure function of its newest event.

Duplicates, gaps and order cannot matter: of two events of a complaint the higher `seq` wins.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.period import WIB
from services.metrics.domain.progress import Holding, progress_of
from services.metrics.domain.routing import Routing, routing_of
from shared.contracts.case import InstitutionCode, Status
from shared.contracts.value_objects import Frozen, Instant


class Tier(StrEnum):
    """The level of the state an institution belongs to."""

    MINISTRY = "kementerian"
    AGENCY = "lembaga"
    STATE_COMPANY = "bumn"
    PROVINCE = "provinsi"
    REGENCY = "kabupaten"
    CITY = "kota"
    NONE = "none"  # in triage


_TIERS = {
    "kem": Tier.MINISTRY,
    "lem": Tier.AGENCY,
    "bumn": Tier.STATE_COMPANY,
    "prov": Tier.PROVINCE,
    "kab": Tier.REGENCY,
    "kota": Tier.CITY,
}


class Fact(Frozen):
    """What is known of one complaint, as of its event `seq`.

    `partition` is that of `complaint-event`, `month` is the month received (WIB, "YYYY-MM").
    `hops` tells how often the case passed from one institution to another; `former` names those
    that gave it up, `former_units` those of their units, and of the present institution, that had
    it before. `routing` is how it was first decided and what was changed since; None where no
    decision is in its history. Times and numbers are those of `Progress`. Facts of an earlier
    version lack what has a default.
    """

    complaint_id: UUID
    partition: int
    seq: int
    received_at: Instant
    month: str
    institution: InstitutionCode | None
    unit: str | None
    tier: Tier
    status: Status
    category: str | None
    hops: int
    former: tuple[InstitutionCode, ...]
    former_units: tuple[Holding, ...] = ()
    routing: Routing | None = None
    routed_at: Instant | None = None
    first_follow_up_at: Instant | None = None
    completed_at: Instant | None = None
    returned: int = 0
    overdue: int = 0
    reopened: int = 0
    rating: int | None = None


def fact_of(event: CaseEvent, partition: int) -> Fact:
    """Return the fact that an event, read from `partition`, gives."""
    progress = progress_of(event.case.history)
    path = progress.path
    received_at = event.case.complaint.received_at
    here = event.institution, event.unit
    return Fact(
        complaint_id=event.complaint_id,
        partition=partition,
        seq=event.seq,
        received_at=received_at,
        month=month_of(received_at),
        institution=event.institution,
        unit=event.unit,
        tier=tier_of(event.institution),
        status=event.status,
        category=event.category,
        hops=max(0, len(path) - 1),
        former=tuple(sorted(set(path) - {event.institution})),
        former_units=tuple(sorted({held for held in progress.holdings if held[1]} - {here})),
        routing=routing_of(event.case.history),
        routed_at=progress.routed_at,
        first_follow_up_at=progress.first_follow_up_at,
        completed_at=progress.completed_at,
        returned=progress.returned,
        overdue=progress.overdue,
        reopened=progress.reopened,
        rating=progress.rating,
    )


def newest_facts(events: Iterable[tuple[CaseEvent, int]]) -> list[Fact]:
    """Return one fact per complaint, of its highest `seq` among these (event, partition)."""
    newest: dict[UUID, tuple[CaseEvent, int]] = {}
    for event, partition in events:
        known = newest.get(event.complaint_id)
        if known is None or event.seq > known[0].seq:
            newest[event.complaint_id] = event, partition
    return [fact_of(event, partition) for event, partition in newest.values()]


def tier_of(institution: InstitutionCode | None) -> Tier:
    """Return the tier that a code's prefix stands for."""
    return _TIERS[institution.partition("-")[0]] if institution else Tier.NONE


def month_of(received_at: datetime) -> str:
    """Return the month, by the calendar of western Indonesia, as "YYYY-MM"."""
    return received_at.astimezone(WIB).strftime("%Y-%m")

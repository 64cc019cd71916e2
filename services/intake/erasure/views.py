"""What operators and reporters are shown of the ledger of erasures."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import Field

from services.intake.cases.models import PageQuery
from services.intake.erasure.model import Erasure, ErasureState, Remainder, remaining
from shared.contracts.case import Actor, ErasureReason, InstitutionCode
from shared.contracts.value_objects import Frozen, Instant


class ErasureView(Frozen):
    """An erasure as operators see it; `waits_for` names what is not done yet.

    `left` is what lies in Kafka from before; `<code>` stands for each of `institutions_told`.
    """

    number: str
    state: ErasureState
    reason: ErasureReason
    asked_at: Instant
    asked_by: Actor
    restrict_by: Instant
    overdue: bool
    waits_for: tuple[str, ...]
    decided_at: Instant | None = None
    decided_by: Actor | None = None
    vault_deleted_at: Instant | None = None
    case_blanked_at: Instant | None = None
    institutions_told: tuple[InstitutionCode, ...] = ()
    left: tuple[Remainder, ...] = ()
    records_gone_at: Instant | None = None
    closed_at: Instant | None = None


class OwnErasureView(Frozen):
    """An erasure as its reporter sees it."""

    number: str
    state: ErasureState
    reason: ErasureReason
    asked_at: Instant
    restrict_by: Instant


class ErasureQuery(PageQuery):
    """Which erasures; all without a state."""

    state: tuple[ErasureState, ...] = Field((), description="may be repeated")


class ErasurePage(Frozen):
    """A page of erasures; `next` is the cursor of the next one, if there is one."""

    items: tuple[ErasureView, ...]
    next: str | None = None


def view_of(row: Erasure, now: datetime) -> ErasureView:
    """Return what operators see of a row."""
    values = row.model_dump() | {"institutions_told": row.institutions}
    left = () if row.case_blanked_at is None else tuple(remaining(row.case_blanked_at, now))
    steps = {"left": left, "overdue": row.is_overdue(now), "waits_for": tuple(waits_for(row))}
    return ErasureView.model_validate(values | steps)


def own_view_of(row: Erasure) -> OwnErasureView:
    """Return what the reporter sees of a row."""
    return OwnErasureView.model_validate(row.model_dump())


def waits_for(row: Erasure) -> Iterator[str]:
    """Yield what is not done yet: decision, legal_hold, vault, case, institutions, records."""
    match row.state:
        case ErasureState.ASKED:
            yield "decision"
        case ErasureState.HELD:
            yield "legal_hold"
        case ErasureState.ERASING:
            yield from _steps(row)
        case ErasureState.FADING:
            yield "records"


def _steps(row: Erasure) -> Iterable[str]:
    if row.vault_deleted_at is None:
        yield "vault"
    yield from ("case", "institutions", "records")

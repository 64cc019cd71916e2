"""How every value object behaves: frozen, unknown fields ignored, instants in UTC milliseconds."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of contracts and domain values: immutable, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=False)


def to_instant(value: datetime) -> datetime:
    """Return `value` in UTC, cut to milliseconds.

    MongoDB keeps milliseconds; an event built before and after a read must be byte for byte the
    same, so nothing finer enters.
    """
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Instant = Annotated[AwareDatetime, AfterValidator(to_instant)]

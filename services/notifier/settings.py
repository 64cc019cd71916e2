"""The notifier's settings: `NOTIFIER_*`, or `SALUR_*` for what all services share."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.notifier.domain.ladder import Rungs
from shared.settings import ServiceSettings

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class NotifierSettings(ServiceSettings):
    """What the notifier needs beyond the shared settings."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_")

    request_seconds: Seconds = 10.0  # an endpoint that has not answered by then is failing
    sends_at_once: Count = 4  # per endpoint
    lease_seconds: Seconds = 30.0  # after a kill, another notifier takes the rows this much later
    queue_rows: Count = 100  # in memory, per endpoint
    queue_bytes: Count = 64_000_000  # in memory, over all endpoints
    scan_seconds: Seconds = 5.0  # how often rows are looked for that nobody told of
    retry_seconds: Seconds = 1.0  # pause after the database did not answer
    row_attempts: Count = 20  # a row that failed this often is parked alone
    ladder: Rungs = Rungs()

    @model_validator(mode="after")
    def _lease_outlives_a_request(self) -> Self:
        if self.lease_seconds <= self.request_seconds:
            raise ValueError(
                f"NOTIFIER_LEASE_SECONDS ({self.lease_seconds}) must be longer than"
                f" NOTIFIER_REQUEST_SECONDS ({self.request_seconds}): a row is sent under a lease"
            )
        return self

"""The notifier's settings: `NOTIFIER_*`, or `SALUR_*` for what all services share."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.notifier.domain.delivery.circuit import BackoffPolicy
from services.notifier.domain.delivery.queue_state import QueueLimits
from services.notifier.reporter_settings import ReporterSettings, SmsSettings, keys_of
from shared.key_rings import KeyRing, read_key_ring
from shared.reference.shipped import TABLES
from shared.settings import ServiceSettings

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
_SENDER = re.compile(r"(?:[A-Za-z0-9 .-]+ <)?[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>?")


class SmtpSettings(BaseModel):
    """The mail server; without a host nobody is written to by e-mail."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    username: str | None = None
    password: SecretStr | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = ""
    connections: Annotated[int, Field(ge=1)] = 8  # at once, of this process, all letters together

    @property
    def is_on(self) -> bool:
        """Tell whether there is a mail server."""
        return bool(self.host)

    @model_validator(mode="after")
    def _names_its_sender(self) -> Self:
        if self.host and not _SENDER.fullmatch(self.sender):
            raise ValueError(
                "NOTIFIER_SMTP__SENDER must be an address in ASCII, such as"
                " `Salur <no-reply@example.go.id>`, where NOTIFIER_SMTP__HOST is set"
            )
        return self


class NotifierSettings(ServiceSettings):
    """What the notifier needs beyond the shared settings."""

    # A refused setting is quoted in the error otherwise, and some of them are secrets.
    model_config = SettingsConfigDict(env_prefix="NOTIFIER_", hide_input_in_errors=True)

    request_seconds: Seconds = 10.0  # an endpoint that has not answered by then is failing
    sends_at_once: Count = 4  # per endpoint
    lease_seconds: Seconds = 30.0  # after a kill, another notifier takes the rows this much later
    queue_rows: Count = 100  # in memory, per endpoint
    queue_bytes: Count = 64_000_000  # in memory, over all endpoints
    scan_seconds: Seconds = 5.0  # how often rows are looked for that nobody told of
    retry_seconds: Seconds = 1.0  # pause after the database did not answer
    row_attempts: Count = 20  # a row that failed this often is parked alone
    settled_days: Annotated[int, Field(ge=90)] = 90  # a topic read anew must find what it gave
    waiting_days: Annotated[int, Field(ge=90)] = 365  # whatever waits or is parked, since it came
    allow_private_webhooks: bool = False  # addresses of this machine and network: development only
    ladder: BackoffPolicy = BackoffPolicy()
    smtp: SmtpSettings = SmtpSettings()
    sms: SmsSettings = SmsSettings()
    reporters: ReporterSettings = ReporterSettings()
    tracking_key: SecretStr = SecretStr("")  # of `salur keys tracking`; empty: no code is sent
    contact_keys: SecretStr = SecretStr("")  # of `salur keys contacts`; needed to tell reporters
    directory: Path | None = (
        TABLES / "institutions.csv"
    )  # columns code, name; empty: codes are told

    @property
    def limits(self) -> QueueLimits:
        """Return the measures of every endpoint's queue."""
        return QueueLimits(
            queue_rows=self.queue_rows,
            sends_at_once=self.sends_at_once,
            row_attempts=self.row_attempts,
            request=timedelta(seconds=self.request_seconds),
            lease=timedelta(seconds=self.lease_seconds),
            rescan=timedelta(seconds=self.scan_seconds),
            retry=timedelta(seconds=self.retry_seconds),
            backoff=self.ladder,
        )

    @property
    def tells_reporters(self) -> bool:
        """Tell whether there is a way to reporters; a replay of the past tells nobody."""
        return (self.mails_reporters or self.sms.is_on) and not self.scenario

    @property
    def mails_reporters(self) -> bool:
        """Tell whether reporters are written to by e-mail."""
        return self.smtp.is_on and self.reporters.by_email

    @property
    def contact_ring(self) -> KeyRing:
        """Return the keys that open contacts; an empty ring where there is none."""
        return read_key_ring(self.contact_keys.get_secret_value(), "NOTIFIER_CONTACT_KEYS")

    @field_validator("contact_keys")
    @classmethod
    def _is_a_ring(cls, value: SecretStr) -> SecretStr:
        read_key_ring(value.get_secret_value(), "NOTIFIER_CONTACT_KEYS")
        return value

    @field_validator("directory", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        # An empty path would be the working directory.
        return None if value == "" else value

    @field_validator("tracking_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        keys_of(value)
        return value

    @model_validator(mode="after")
    def _opens_contacts(self) -> Self:
        if self.tells_reporters and not self.contact_ring.keys:
            raise ValueError(
                "NOTIFIER_CONTACT_KEYS is missing: reporters are to be told, and their contacts are"
                " sealed. `salur keys contacts` prints it; or tell institutions alone:"
                " NOTIFIER_REPORTERS__BY_EMAIL=false, and no NOTIFIER_SMS__URL"
            )
        return self

    @model_validator(mode="after")
    def _lease_outlives_a_request(self) -> Self:
        if self.lease_seconds <= self.request_seconds:
            raise ValueError(
                f"NOTIFIER_LEASE_SECONDS ({self.lease_seconds}) must be longer than"
                f" NOTIFIER_REQUEST_SECONDS ({self.request_seconds}): a row is sent under a lease"
            )
        return self

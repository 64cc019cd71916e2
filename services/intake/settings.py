"""Intake's settings: `INTAKE_*`, or `SALUR_*` for what all services share."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from services.intake.http.client_address import Network, ProxyHeader
from services.intake.http.rate_limits import Quota, RateLimit, read_quota
from services.intake.submit.derivation import DerivedSecrets
from shared.key_rings import KeyRing, read_key_ring, read_secrets
from shared.reference.shipped import TABLES
from shared.settings import ServiceSettings

LEAST_SECRET = 32
AUDIT_DAYS = 1_825
SECRET = "INTAKE_SECRET"  # noqa: S105 # the setting's name
VAULT_KEYS = "INTAKE_VAULT_KEYS"


def _checked_quota(text: str) -> str:
    read_quota(text)
    return text


def _networks(text: object) -> object:
    """Return the networks in a list with commas; a network has no bits beyond its prefix."""
    if not isinstance(text, str):
        return text
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


QuotaText = Annotated[str, AfterValidator(_checked_quota)]


class RateSettings(BaseModel):
    """How much each caller may ask of one process: `600/minute`, or `off`.

    The public shares addresses (a mobile carrier has one for thousands), so its limits are far
    above what one person does. Staff and institutions work through their own systems.
    """

    model_config = ConfigDict(frozen=True)

    submit: QuotaText = "1000/hour"
    track: QuotaText = "600/minute"
    wrong: QuotaText = "30/minute"
    gateway: QuotaText = "60000/minute"
    agency: QuotaText = "1200/minute"
    officer: QuotaText = "600/minute"
    operator: QuotaText = "6000/minute"
    reporter: QuotaText = "30/hour"
    institution: QuotaText = "600/minute"

    @property
    def quotas(self) -> Mapping[RateLimit, Quota | None]:
        """Return the quota of each limit."""
        return {limit: read_quota(getattr(self, limit.value)) for limit in RateLimit}


class IntakeSettings(ServiceSettings):
    """What intake needs beyond the shared settings. Sizes are bytes."""

    # A refused setting is quoted in the error otherwise, and one of them is a secret.
    model_config = SettingsConfigDict(env_prefix="INTAKE_", hide_input_in_errors=True)

    stop_delay_seconds: Annotated[float, Field(ge=0)] = 5.0  # callers come through proxies
    secret: SecretStr = Field(SecretStr(""), validate_default=True)
    # The first seals what is kept of persons, all of them open it.
    vault_keys: SecretStr = Field(SecretStr(""), validate_default=True)
    answer_seconds: Annotated[float, Field(gt=0)] = 10.0  # then 503, whatever is still missing
    group_pace_seconds: Annotated[float, Field(ge=0)] = 0.02  # between groups, while more waits
    body_seconds: Annotated[float, Field(gt=0)] = 30.0  # for a caller to send its whole body
    body_grace_seconds: Annotated[float, Field(gt=0)] = 5.0  # until it must come at its rate
    body_rate: Annotated[float, Field(gt=0)] = 1_000.0  # bytes a second, from its beginning on
    most_bodies: Annotated[int, Field(ge=1)] = 256  # on their way, without a key and with one
    most_bodies_each: Annotated[int, Field(ge=1)] = 32  # of one address or key
    retry_after_seconds: Annotated[int, Field(ge=1)] = 5  # what a 503 asks of its caller
    most_in_flight: Annotated[int, Field(ge=1)] = 512  # requests at once in this process
    most_wait_seconds: Annotated[float, Field(gt=0)] = 2.0  # expected of a complaint, then 503
    most_body: Annotated[int, Field(ge=1)] = 256 * 1024
    most_batch_body: Annotated[int, Field(ge=1)] = 16 * 1024 * 1024
    most_batch_lines: Annotated[int, Field(ge=1)] = 1_000
    most_batches: Annotated[int, Field(ge=1)] = 8  # at once in this process, each whole in memory
    key_cache_seconds: Annotated[float, Field(ge=0)] = 10.0  # how long a revoked key may live
    resolve_seconds: Annotated[float, Field(gt=0)] = 3.0  # for the name server of a webhook's host
    rates: RateSettings = RateSettings()
    # Whose header is believed, and which one they set; nobody's without it.
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    proxy_header: ProxyHeader = "x-forwarded-for"
    directory: Path | None = TABLES / "institutions.csv"  # column code; empty: any code is known
    audit_days: Annotated[int, Field(ge=1, le=36_500)] = AUDIT_DAYS  # how long its entries stay
    # UU 27/2022 (PDP), Pasal 40 and 41: 3 x 24 hours, from the asking on, to stop processing.
    erasure_hours: Annotated[int, Field(ge=1)] = 72
    erasures_seconds: Annotated[float, Field(gt=0)] = 30.0  # how often erasures are gone on with
    # After which an accepted complaint without a case is said again to the router.
    caseless_seconds: Annotated[float, Field(gt=0)] = 600.0
    # How long a submission that never reached Kafka waits for its repeat before it is forgotten.
    unsent_days: Annotated[int, Field(ge=1)] = 7
    allow_plain_webhooks: bool = False  # http:// endpoints, for development only
    allow_private_webhooks: bool = False  # addresses of this machine and network, likewise

    @field_validator("directory", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        # An empty path would be the working directory.
        return value or None

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        read_secrets(value.get_secret_value(), SECRET, least=LEAST_SECRET)
        return value

    @field_validator("vault_keys")
    @classmethod
    def _is_a_ring(cls, value: SecretStr) -> SecretStr:
        if not read_key_ring(value.get_secret_value(), VAULT_KEYS).keys:
            raise ValueError(
                f"{VAULT_KEYS} is missing; make one with `salur keys vault --first`, keep it apart"
                " from the database and its back-ups, and give all intakes the same"
            )
        return value

    @property
    def vault_ring(self) -> KeyRing:
        """Return the keys of the vault."""
        return read_key_ring(self.vault_keys.get_secret_value(), VAULT_KEYS)

    @property
    def batches_apart(self) -> tuple[int, int]:
        """Return how many batches callers without a key may have in hand, and those with one."""
        return max(1, self.most_batches // 2), self.most_batches

    @property
    def secrets(self) -> DerivedSecrets:
        """Return what fingerprints, tracking codes, cursors and marks of contacts are made with."""
        return DerivedSecrets(
            read_secrets(self.secret.get_secret_value(), SECRET, least=LEAST_SECRET)
        )

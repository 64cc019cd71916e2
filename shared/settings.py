"""Settings from the environment, embedded by each service under its own prefix.

A nested field is reached with two underscores: `ROUTER_KAFKA__BOOTSTRAP_SERVERS`. Fields that all
services share may be given once, under `SALUR_`.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from shared.database.connection_url import insecure
from shared.runtime.tls import CaFile
from shared.telemetry.tracing import TracingSettings


class KafkaSettings(BaseModel):
    """How to reach Kafka, and how its clients behave. Times are milliseconds."""

    model_config = ConfigDict(frozen=True)

    bootstrap_servers: str = "localhost:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: CaFile = None  # in place of the one for everything
    idempotence: bool = True  # off only for the embedded broker, which lacks producer ids
    request_timeout_ms: int = 5_000  # what one broker that cannot be reached costs
    settle_timeout_ms: int = 40_000  # for a join: longer than a group takes to settle
    publish_timeout_ms: int = 10_000  # after which a record counts as not acknowledged
    session_timeout_ms: int = 10_000
    max_poll_interval_ms: int = 300_000
    metadata_max_age_ms: int = 30_000


class MongoSettings(BaseModel):
    """How to reach MongoDB.

    `cases` can be restored from Kafka; `private` holds what Kafka never sees and needs its own
    back-up.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: SecretStr = SecretStr("mongodb://localhost:27017/?directConnection=true")
    cases_database: str = "salur"
    private_database: str = "salur_private"
    timeout_ms: int = 10_000
    index_build_seconds: Annotated[int, Field(ge=1)] = 3_600  # of what is there
    ca_file: CaFile = None  # in place of the one for everything
    allow_plaintext: bool = False  # to other machines: identities would be read on the way

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        reason = None if self.allow_plaintext else insecure(self.url.get_secret_value())
        if reason is not None:
            raise ValueError(
                f"MongoDB is asked {reason}: add tls=true to SALUR_MONGO__URL, or set"
                " SALUR_MONGO__ALLOW_PLAINTEXT=true where nobody else is on the network"
            )
        return self


class StageSettings(BaseModel):
    """How a stage works through its records."""

    model_config = ConfigDict(frozen=True)

    max_records: Annotated[int, Field(ge=1, le=5_000)] = 500
    poll_ms: Annotated[int, Field(ge=1, le=1_000)] = 50
    linger_ms: Annotated[int, Field(ge=0, le=1_000)] = 25  # under load, of a small batch for more
    dead_letter_limit: Annotated[int, Field(ge=1)] = 100  # failures in a row on one partition
    drain_seconds: float = 20.0  # how long a revoke waits for the batch in flight
    retry_seconds: tuple[float, float] = (0.2, 15.0)  # first and longest pause after a failure


class ServiceSettings(BaseSettings):
    """What every service needs; each subclass sets its own prefix.

    The service's own prefix wins over `SALUR_`, which all services read.
    """

    model_config = SettingsConfigDict(
        env_nested_delimiter="__", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    instance: str = ""  # names this process in logs; the host name where empty
    host: str = "127.0.0.1"
    port: int = 8080
    # Behind a proxy: how long after SIGTERM requests are still taken, while `/readyz` says 503.
    stop_delay_seconds: Annotated[float, Field(ge=0)] = 0.0
    stop_seconds: Annotated[int, Field(ge=1)] = 30  # then, for what is in hand to be answered
    # Longer than the proxy keeps an idle connection, else it may use one that is being closed.
    keep_alive_seconds: Annotated[int, Field(ge=1)] = 75
    scenario: bool = False  # trusted callers give business times: for replays, never in production
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    ca_file: CaFile = None  # the authorities that are trusted, in PEM; none: the system's
    kafka: KafkaSettings = KafkaSettings()
    mongo: MongoSettings = MongoSettings()
    stage: StageSettings = StageSettings()
    tracing: TracingSettings = TracingSettings()

    @model_validator(mode="after")
    def _trust_one_file(self) -> Self:
        for name in ("kafka", "mongo", "tracing") if self.ca_file else ():
            part = getattr(self, name)
            if part.ca_file is None:
                whole = part.model_copy(update={"ca_file": self.ca_file})
                object.__setattr__(self, name, whole)  # frozen from here on
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        *sources: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the service's prefix first, then `SALUR_`."""
        shared = EnvSettingsSource(settings_cls, env_prefix="SALUR_")
        return named["init_settings"], named["env_settings"], shared

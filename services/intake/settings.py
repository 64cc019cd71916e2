"""Intake's settings: `INTAKE_*`, or `SALUR_*` for what all services share."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

LEAST_SECRET = 32


class IntakeSettings(ServiceSettings):
    """What intake needs beyond the shared settings. Sizes are bytes."""

    # A refused setting is quoted in the error otherwise, and one of them is a secret.
    model_config = SettingsConfigDict(env_prefix="INTAKE_", hide_input_in_errors=True)

    secret: SecretStr = Field(SecretStr(""), validate_default=True)
    answer_seconds: Annotated[float, Field(gt=0)] = 10.0  # then 503, whatever is still missing
    body_seconds: Annotated[float, Field(gt=0)] = 30.0  # for a caller to send its whole body
    retry_after_seconds: Annotated[int, Field(ge=1)] = 5  # what a 503 asks of its caller
    most_in_flight: Annotated[int, Field(ge=1)] = 512  # requests at once in this process
    most_body: Annotated[int, Field(ge=1)] = 256 * 1024
    most_batch_body: Annotated[int, Field(ge=1)] = 16 * 1024 * 1024
    most_batch_lines: Annotated[int, Field(ge=1)] = 1_000
    most_batches: Annotated[int, Field(ge=1)] = 8  # at once in this process, each whole in memory
    key_cache_seconds: Annotated[float, Field(ge=0)] = 10.0  # how long a revoked key may live
    allow_plain_webhooks: bool = False  # http:// endpoints, for development only

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < LEAST_SECRET:
            raise ValueError(
                f"INTAKE_SECRET is missing or shorter than {LEAST_SECRET} characters; make one"
                " with `openssl rand -hex 32`, keep it, and give all intakes the same"
            )
        return value

    @property
    def secret_bytes(self) -> bytes:
        """Return the key of tracking codes and fingerprints."""
        return self.secret.get_secret_value().encode()

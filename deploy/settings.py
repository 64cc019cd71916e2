"""The command line's settings: `SALUR_*`, the same names that all services share."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class CommandSettings(ServiceSettings):
    """How commands reach Kafka and MongoDB."""

    model_config = SettingsConfigDict(env_prefix="SALUR_")

"""The settings of metrics: `METRICS_*`, or `SALUR_*` for what all services share."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class MetricsSettings(ServiceSettings):
    """What metrics needs beyond the shared settings."""

    model_config = SettingsConfigDict(env_prefix="METRICS_")

    snapshot_seconds: Annotated[float, Field(gt=0)] = 2.0  # shortest time between two refreshes
    categories: Annotated[int, Field(ge=1)] = 100  # exported by name; the rest as `other`
    lag_seconds: Annotated[float, Field(gt=0)] = 10.0  # how often the groups are looked at

"""The settings of metrics: `METRICS_*`, or `SALUR_*` for what all services share."""

import csv
import io
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.errors import Misconfigured
from shared.reference.shipped import TABLES
from shared.settings import ServiceSettings


class MetricsSettings(ServiceSettings):
    """What metrics needs beyond the shared settings."""

    model_config = SettingsConfigDict(env_prefix="METRICS_")

    stop_delay_seconds: Annotated[float, Field(ge=0)] = 5.0  # the league is read through proxies
    snapshot_seconds: Annotated[float, Field(gt=0)] = 5.0  # shortest time between two refreshes
    recount_seconds: Annotated[float, Field(gt=0)] = 120.0  # one partition whole, each in its turn
    categories: Annotated[int, Field(ge=1)] = 100  # exported by name; the rest as `other`
    rules: Annotated[int, Field(ge=1)] = 150  # the same, of the rules that first decided
    versions: Annotated[int, Field(ge=1)] = 3  # pairs of version and model; the rest as `older`
    lag_seconds: Annotated[float, Field(gt=0)] = 15.0  # how often the groups are looked at
    league_seconds: Annotated[float, Field(ge=0)] = 2.0  # a table is answered from memory so long
    league_timeout_seconds: Annotated[float, Field(gt=0)] = 8.0  # the database gives it up then
    directory: Path | None = (
        TABLES / "institutions.csv"
    )  # columns code, name; empty: codes are shown
    taxonomy: Path | None = TABLES / "taxonomy.csv"  # columns category, name, name_en
    unit_rules: Path | None = TABLES / "rules.csv"  # column unit: names that may be shown
    least_cases: Annotated[int, Field(ge=1)] = 3  # of a unit, to have a line of its own
    reload_seconds: Annotated[float, Field(gt=0)] = 5.0  # how often these files are looked at

    @field_validator("directory", "taxonomy", "unit_rules", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        # An empty path would be the working directory.
        return None if value == "" else value

    def units_of_rules(self) -> frozenset[str]:
        """Return the names of units that the rules have; Misconfigured without such a file."""
        if self.unit_rules is None:
            return frozenset()
        try:
            rows = csv.DictReader(io.StringIO(self.unit_rules.read_text(encoding="utf-8-sig")))
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"METRICS_UNIT_RULES: {self.unit_rules}: {error}") from error
        return frozenset(unit for row in rows if (unit := (row.get("unit") or "").strip()))

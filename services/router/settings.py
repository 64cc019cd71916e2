"""The router's settings: `ROUTER_*`, or `SALUR_*` for what all services share."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.router.reference.rulebook import RuleFiles
from shared.reference.shipped import TABLES
from shared.settings import ServiceSettings

DATA = Path(__file__).parent / "data"


class RouterSettings(ServiceSettings):
    """What the router needs beyond the shared settings."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_")

    directory: Path = TABLES / "institutions.csv"
    taxonomy: Path = TABLES / "taxonomy.csv"
    needs: Path = TABLES / "needs.csv"
    rules: Path = TABLES / "rules.csv"
    model: Path | None = DATA / "model.salur"  # empty: categories come from words alone
    limits: Path | None = DATA / "limits.csv"  # empty: no clock rings
    calendar: Path | None = None  # corrections to the published holidays
    supervisor: str | None = None  # a code of the directory: who hears that a deadline passed
    reload_seconds: float = 5.0  # how often these files are looked at
    topics_seconds: float = 30.0  # how often the list of existing topics is renewed
    units_seconds: float = 30.0  # how often the register of units is read
    clocks_seconds: Annotated[float, Field(gt=0)] = 10.0  # how often due clocks are looked for
    # How long after a deadline it is fired: inputs stamped before it have come by then.
    clocks_grace_seconds: Annotated[float, Field(ge=0)] = 120.0
    duplicate_days: Annotated[int, Field(ge=0, le=90)] = 7  # how far apart; 0: do not compare

    @field_validator("model", "limits", "calendar", "supervisor", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        # An empty path would be the working directory, an empty code an unknown institution.
        return None if value == "" else value

    @property
    def files(self) -> RuleFiles:
        """Return the files that decisions and clocks rest on."""
        return RuleFiles(
            directory=self.directory,
            taxonomy=self.taxonomy,
            needs=self.needs,
            rules=self.rules,
            model=self.model,
            limits=self.limits,
            calendar=self.calendar,
        )

"""The router's settings: `ROUTER_*`, or `SALUR_*` for what all services share."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

DATA = Path(__file__).parent / "data"


class RouterSettings(ServiceSettings):
    """What the router needs beyond the shared settings."""

    model_config = SettingsConfigDict(env_prefix="ROUTER_")

    directory: Path = DATA / "institutions.csv"
    categories: Path = DATA / "categories.csv"
    reload_seconds: float = 5.0  # how often the directory's file is looked at
    topics_seconds: float = 30.0  # how often the list of existing topics is renewed

"""The scenarios, each in a module of its own that is read when it is asked for."""

from importlib import import_module

from deploy.dev.replay.scenario import Scenario
from shared.errors import Misconfigured

NAMES = (
    "kepri-2022",
    "tangerang-2021h1",
    "tangerang-2018-2021",
    "tangerang-units",
    "covid-2020",
    "nation-day",
)


def scenario_of(name: str) -> Scenario:
    """Return a scenario by its name; Misconfigured names those that there are."""
    if name not in NAMES:
        raise Misconfigured(f"no scenario {name!r}; there are {', '.join(NAMES)}")
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    found: Scenario = module.SCENARIO
    return found

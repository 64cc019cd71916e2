"""`salur deliveries`: what was sent to institutions, what waits, and another try for the rest."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer

from deploy.cli.outcome import conclude, say
from deploy.cli.system.topics import read_codes
from services.notifier.database import delivery_retention
from services.notifier.delivery.replays import DeliveryReplays, EndpointBacklog, ReplayFilter
from services.notifier.settings import NotifierSettings
from shared.contracts.deliveries import DeliveryState
from shared.database.mongo import Mongo
from shared.errors import Misconfigured
from shared.runtime.clock import WallClock

Result = TypeVar("Result")
app = typer.Typer(help="Deliveries to institutions' endpoints.", no_args_is_help=True)
Agency = Annotated[str | None, typer.Option(help="code of one institution, such as kab-3603")]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", help="one endpoint, by its name or its id")
]


@app.command("list")
def show(
    *,
    agency: Agency = None,
    endpoint: EndpointOption = None,
    state: Annotated[DeliveryState | None, typer.Option(help="one state alone")] = None,
) -> None:
    """Count deliveries by endpoint and state, and say how each endpoint is doing."""
    chosen = ReplayFilter(_code(agency), endpoint, state)
    accounts = asyncio.run(_with_replays(lambda replays: replays.accounts(chosen)))
    for account in accounts:
        say(_line(account))
    total = sum((Counter(one.deliveries) for one in accounts), Counter[str]())
    conclude({"deliveries": total, "endpoints": [asdict(one) for one in accounts]})


@app.command()
def replay(
    *,
    agency: Agency = None,
    endpoint: EndpointOption = None,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="also what endpoints have refused for good")
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="of every institution")] = False,
) -> None:
    """Have parked deliveries sent again: their endpoints are probed at once.

    What was rejected goes out after all that has followed it.
    """
    if agency is None and not all_:
        raise Misconfigured("name an institution by --agency, or say --all")
    chosen = ReplayFilter(_code(agency), endpoint)
    done = asyncio.run(_with_replays(lambda replays: replays.replay(chosen, rejected=rejected)))
    if done.left:
        say(f"{done.left} stay parked, since no subscription has their endpoints: see `move`")
    conclude(asdict(done))


@app.command()
def move(
    agency: Annotated[str, typer.Argument(help="code of the institution, such as kab-3603")],
    former: Annotated[str, typer.Argument(help="id of an endpoint that it has no more")],
    name: Annotated[str, typer.Argument(help="name of one that it has")],
) -> None:
    """Give an endpoint what is parked of a former one, and have it sent."""
    code = _code(agency) or ""
    moved = asyncio.run(_with_replays(lambda replays: replays.move(code, former, to=name)))
    conclude({"moved": moved})


def _code(agency: str | None) -> str | None:
    if agency is not None and read_codes(agency) != (agency,):
        raise Misconfigured(f"{agency!r} is no institution's code such as kab-3603")
    return agency


def _line(account: EndpointBacklog) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in sorted(account.deliveries.items()))
    name = account.name or f"{account.endpoint_id} (in no subscription)"
    return f"{account.agency or 'reporters'} {name}: {account.state}; {counts}"


async def _with_replays(action: Callable[[DeliveryReplays], Awaitable[Result]]) -> Result:
    settings = NotifierSettings()
    async with Mongo(settings.mongo) as mongo:
        return await action(DeliveryReplays(mongo, WallClock(), delivery_retention(settings)))

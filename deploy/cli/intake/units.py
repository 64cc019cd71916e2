"""`salur units`: which units of institutions are known by name."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, end_wrong, put
from deploy.operate.units import accept_units, listed_units, read_units, withdraw_unit
from deploy.settings import CommandSettings
from shared.errors import Misconfigured

app = typer.Typer(help="Names of institutions' units that may be shown.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(help="the institution, such as kab-3603")]


@app.callback()
def _units() -> None:
    pass


@app.command(name="list")
def list_units(code: Code) -> None:
    """Show the units of an institution: accepted or not, and how many cases have each."""
    found = asyncio.run(listed_units(CommandSettings().mongo, code))
    for one in found:
        put(f"{'accepted' if one.is_accepted else 'waiting '}  {one.cases:>7}  {one.unit}")
    waiting = sum(not one.is_accepted for one in found)
    conclude({"agency": code, "accepted": len(found) - waiting, "waiting": waiting})


@app.command()
def accept(
    code: Annotated[str | None, typer.Argument(help="the institution, such as kab-3603")] = None,
    unit: Annotated[list[str] | None, typer.Argument(help="names, as cases have them")] = None,
    input: Annotated[  # as the other commands call it
        Path | None, typer.Option(help="a CSV file with the columns agency and unit")
    ] = None,
) -> None:
    """Accept names of units: the league shows them, and an erasure leaves them."""
    wanted = read_units(input) if input else {}
    if code is not None:
        wanted.setdefault(code, []).extend(unit or ())
    if not any(wanted.values()):
        raise Misconfigured("nothing to accept: name an institution and its units, or --input FILE")
    conclude({"new": asyncio.run(accept_units(CommandSettings().mongo, wanted))})


@app.command()
def withdraw(code: Code, unit: Annotated[str, typer.Argument(help="the name")]) -> None:
    """Take a name back: its cases count for `unit lain` from now on."""
    if not asyncio.run(withdraw_unit(CommandSettings().mongo, code, unit)):
        end_wrong(f"{code} has no accepted unit {unit!r}; `salur units list {code}` shows them")
    conclude({"withdrawn": 1})

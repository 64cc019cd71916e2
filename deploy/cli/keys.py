"""`salur keys`: API keys of gateways, agencies, officers and operators."""

import asyncio
from typing import Annotated

import typer

from deploy.access import new_key
from deploy.cli.outcome import conclude, say
from deploy.settings import CommandSettings

app = typer.Typer(help="API keys of those who call intake.", no_args_is_help=True)


@app.callback()
def _keys() -> None:
    pass


@app.command()
def create(
    role: Annotated[str, typer.Option(help="gateway, agency, officer or operator")],
    name: Annotated[str, typer.Option(help="who it is for; 1 to 64 of a-z, 0-9, '.', '_', '-'")],
    agency: Annotated[str | None, typer.Option(help="institution's code, for role agency")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="trusted: institution and category it names are taken; for gateway and operator"
        ),
    ] = None,
) -> None:
    """Make a key and print it: it cannot be shown again."""
    scopes = sorted(set(scope or ()))
    made = new_key(CommandSettings().mongo, role, name, agency=agency, scopes=scopes)
    key = asyncio.run(made)
    say("keep this key now; only its hash is stored")
    conclude({"role": role, "name": name, "agency": agency, "scopes": scopes, "key": key})

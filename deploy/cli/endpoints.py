"""`salur endpoint`: where institutions want to be told."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deploy.cli.options import LOCAL_INTAKE, Key, Url
from deploy.cli.outcome import conclude, say
from deploy.cli.topics import read_codes
from deploy.feed.client import IntakeClient
from shared.errors import Misconfigured

app = typer.Typer(help="Institutions' webhooks.", no_args_is_help=True)


@app.callback()
def _endpoint() -> None:
    pass


@app.command("set")
def put(
    agency: Annotated[str, typer.Argument(help="code of the institution, such as kab-3603")],
    address: Annotated[str, typer.Argument(metavar="URL", help="where its webhook answers")],
    *,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="a new secret, and a fresh start after a 410")
    ] = False,
) -> None:
    """Set an institution's webhook and print the secret that its signatures are made with."""
    if read_codes(agency) != (agency,):
        raise Misconfigured(f"{agency!r} is no institution's code such as kab-3603")
    answer = asyncio.run(_put(IntakeClient(url, key, patience=30.0), agency, address, renew=renew))
    if "secret" not in answer:
        say("this address was set before; its secret is shown only when it is new")
    conclude({"agency": agency, **answer})


async def _put(
    client: IntakeClient, agency: str, address: str, *, renew: bool
) -> Mapping[str, Any]:
    async with client as intake:
        return await intake.set_endpoint(agency, address, renew=renew)

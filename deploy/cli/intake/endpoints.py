"""`salur endpoint`: where institutions want to be told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.options import LOCAL_INTAKE, Key, Url
from deploy.cli.outcome import conclude, say
from deploy.cli.system.topics import read_codes
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.intake_client.endpoints import (
    act_on_endpoint,
    put_endpoint,
    read_endpoints,
    remove_endpoint,
)
from shared.contracts.events import AgencyOutcome
from shared.contracts.subscriptions import EndpointKind, Urgency
from shared.errors import Misconfigured

PATIENCE = 30.0
app = typer.Typer(help="How institutions are told: webhooks and e-mail.", no_args_is_help=True)
Agency = Annotated[str, typer.Argument(help="code of the institution, such as kab-3603")]
Name = Annotated[str, typer.Option("--name", help="the endpoint's name in its subscription")]


@app.callback()
def _endpoint() -> None:
    pass


@app.command("set")
def put(  # noqa: PLR0913 # all that an endpoint is
    agency: Agency,
    target: Annotated[str, typer.Argument(metavar="URL|ADDRESS", help="https://… or an e-mail")],
    *,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
    name: Name = "main",
    event: Annotated[list[AgencyOutcome] | None, typer.Option(help="only these; repeat")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="only of these units; repeat")] = None,
    urgency: Annotated[Urgency | None, typer.Option(help="only of this urgency")] = None,
    template: Annotated[
        Path | None, typer.Option(help="JSON file: the body, with fields such as {number}")
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="a new endpoint and secret: a fresh start after a 410")
    ] = False,
) -> None:
    """Set one endpoint, leave the others; print the secret that a webhook is signed with."""
    wanted = {**_target(target), "name": name, "renew": renew}
    wanted["filter"] = {"events": event or [], "units": unit or []}
    if urgency is not None:
        wanted["filter"]["urgency"] = urgency
    if template is not None:
        wanted["template"] = _template(template)
    told = _run(url, key, agency, lambda client: put_endpoint(client, agency, wanted))
    if told["kind"] == EndpointKind.WEBHOOK and "secret" not in told:
        say("this address was set before; its secret is shown only when it is new")
    conclude({"agency": agency, **told})


@app.command("list")
def show(agency: Agency, *, url: Url = LOCAL_INTAKE, key: Key = None) -> None:
    """Show an institution's endpoints and how they are doing."""
    told = _run(url, key, agency, lambda client: read_endpoints(client, agency))
    for each in told["endpoints"]:
        where = each.get("url") or each.get("address")
        say(f"{each['name']:<16} {each['state']:<9} {each['kind']:<8} {where}")
    conclude(told)


@app.command("remove")
def remove(agency: Agency, *, url: Url = LOCAL_INTAKE, key: Key = None, name: Name) -> None:
    """Drop one endpoint; within seconds nothing more is sent, what waits is parked."""
    told = _run(url, key, agency, lambda client: remove_endpoint(client, agency, name))
    conclude({"agency": agency, "removed": name, "left": len(told["endpoints"])})


@app.command("test")
def send_test(
    agency: Agency, *, url: Url = LOCAL_INTAKE, key: Key = None, name: Name = "main"
) -> None:
    """Send a test message on the way that events go."""
    told = _run(url, key, agency, lambda client: act_on_endpoint(client, agency, f"{name}/test"))
    conclude({"agency": agency, **told})


@app.command("rotate")
def rotate(
    agency: Agency,
    *,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
    name: Name = "main",
    finish: Annotated[
        bool, typer.Option("--finish", help="drop the former secret: the receiver knows the new")
    ] = False,
) -> None:
    """Give a webhook a new secret; both sign until `--finish` drops the former one."""
    method, path = ("DELETE", f"{name}/secret/former") if finish else ("POST", f"{name}/secret")

    def act(client: IntakeClient) -> Awaitable[Mapping[str, Any]]:
        return act_on_endpoint(client, agency, path, method=method)

    told = _run(url, key, agency, act)
    conclude({"agency": agency, **told})


def _run(
    url: str,
    key: str | None,
    agency: str,
    act: Callable[[IntakeClient], Awaitable[Mapping[str, Any]]],
) -> Mapping[str, Any]:
    if read_codes(agency) != (agency,):
        raise Misconfigured(f"{agency!r} is no institution's code such as kab-3603")

    async def run() -> Mapping[str, Any]:
        async with IntakeClient(url, key, patience=PATIENCE) as client:
            return await act(client)

    return asyncio.run(run())


def _target(text: str) -> dict[str, Any]:
    if "://" not in text and "@" in text:
        return {"kind": EndpointKind.EMAIL, "address": text}
    return {"kind": EndpointKind.WEBHOOK, "url": text}


def _template(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{file} is no readable JSON file: {error}") from None
    if not isinstance(found, dict):
        raise Misconfigured(f"{file} must hold a JSON object, the body of the webhook")
    return found

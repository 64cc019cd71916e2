"""`salur act`: one action of an institution on one case, and what became of it."""

import asyncio
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from deploy.cli.options import LOCAL_INTAKE, Key, Url
from deploy.cli.outcome import conclude, end_wrong, say
from deploy.cli.system.topics import read_codes
from deploy.operate.act import APPLIED, REFUSED, ActionResult, act_by_http, act_by_kafka, action_of
from deploy.operate.intake_client.client import IntakeClient
from deploy.settings import CommandSettings
from shared.contracts.actions import Action
from shared.contracts.case import ArchiveReason, InputKind
from shared.errors import Misconfigured

PATIENCE = 30.0


class ActionName(StrEnum):
    """What an institution may ask for."""

    FOLLOW_UP = InputKind.FOLLOW_UP
    COMPLETE = InputKind.COMPLETE
    RETURN_TO_REPORTER = InputKind.RETURN_TO_REPORTER
    TRANSFER = InputKind.TRANSFER
    ASSIGN_UNIT = InputKind.ASSIGN_UNIT
    ARCHIVE = InputKind.ARCHIVE


def act(  # noqa: PLR0913 # each is an option
    agency: Annotated[str, typer.Argument(help="your code, such as kab-3603")],
    number: Annotated[str, typer.Argument(help="of the complaint; by Kafka also complaint_id")],
    kind: Annotated[ActionName, typer.Argument(help="what you ask for")],
    *,
    text: Annotated[str | None, typer.Option(help="what you say")] = None,
    to: Annotated[str | None, typer.Option(help="transfer: its code; else to triage")] = None,
    unit: Annotated[str | None, typer.Option(help="assign_unit: the unit")] = None,
    reason: Annotated[ArchiveReason | None, typer.Option(help="archive: why")] = None,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="on your action topic, in place of HTTP with a key")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="seconds to wait for the outcome")] = 60.0,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
) -> None:
    """Act on a case that your institution holds; wait until it applied (0) or was refused (1).

    By HTTP the key says who acts, by Kafka the user and the topic.
    """
    if read_codes(agency) != (agency,):
        raise Misconfigured(f"{agency!r} is no institution's code such as kab-3603")
    given = {"text": text, "institution": to, "unit": unit, "reason": reason}
    form = {name: value for name, value in given.items() if value is not None}
    action = action_of({"kind": kind.value, **form})
    if kafka:
        acted = act_by_kafka(CommandSettings().kafka, agency, number, action, wait=wait)
    else:
        acted = _by_http(IntakeClient(url, key, patience=PATIENCE), number, action, wait=wait)
    _report(number, kind, asyncio.run(acted), wait)


async def _by_http(
    client: IntakeClient, number: str, action: Action, *, wait: float
) -> ActionResult:
    async with client as intake:
        return await act_by_http(intake, number, action, wait=wait)


def _report(number: str, kind: ActionName, acted: ActionResult, wait: float) -> None:
    say(f"{number}: {kind} {acted.status}")
    told = {name: value for name, value in asdict(acted).items() if value is not None}
    conclude({"number": number, "kind": kind, **told})
    if acted.status == REFUSED:
        end_wrong(f"{acted.code}: {acted.detail}")
    if acted.status != APPLIED:
        end_wrong(f"no outcome after {wait:g} s; is the router running?")

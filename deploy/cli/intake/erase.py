"""`salur erase`: an operator's decision about the words and the identity of one complaint."""

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.cli.options import LOCAL_INTAKE, Key, Url
from deploy.cli.outcome import conclude, end_wrong, say
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.intake_client.form_columns import Form
from shared.contracts.case import ErasureReason
from shared.errors import Misconfigured, Transient

POLL_SECONDS = 0.5
PATIENCE = 30.0
# What is done, by the field that says when, and what is waited for, by its short name.
_DONE = {
    "decided_at": "decided",
    "vault_deleted_at": "identity and original text deleted from the vault",
    "case_blanked_at": "case blanked, institutions told",
    "closed_at": "closed: the last record has left Kafka",
}
_WAITS = {
    "decision": "an operator's decision",
    "legal_hold": "the end of the legal hold (run it again without --hold)",
    "vault": "the vault: identity and original text are still there",
    "case": "the router, to blank the case",
    "institutions": "the router, to tell every institution that held it",
    "records": "older records to leave Kafka by retention and compaction",
}
Erasure = Mapping[str, Any]


def erase(  # noqa: PLR0913 # each is an option
    number: Annotated[str, typer.Argument(help="the complaint's public number")],
    *,
    reason: Annotated[ErasureReason, typer.Option(help="why, for the ledger and the history")],
    hold: Annotated[
        bool, typer.Option("--hold", help="keep everything: a legal process needs it")
    ] = False,
    decline: Annotated[
        bool, typer.Option("--decline", help="do not do what the reporter has asked for")
    ] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="seconds to wait until the case is blank; then code 1")
    ] = 0.0,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
) -> None:
    """Erase a complaint's identity and words for good, or hold or decline it; say what waits.

    Status, times, codes and counts stay. It may be repeated: what is done is not done again.
    """
    if hold and decline:
        raise Misconfigured("--hold and --decline exclude each other")
    decision = "hold" if hold else "decline" if decline else "erase"
    order: Form = {"decision": decision, "reason": reason.value}
    found = asyncio.run(_erase(IntakeClient(url, key, patience=PATIENCE), number, order, wait=wait))
    _show(found)
    conclude(found)
    if wait and found["state"] == "erasing":
        end_wrong(f"{number} is not blank after {wait:g} s; is a router running?")


async def _erase(client: IntakeClient, number: str, order: Form, *, wait: float) -> Erasure:
    path = f"/v1/complaints/{quote(number, safe='')}/erasure"
    until = time.monotonic() + wait
    async with client as intake:
        found = await _asked(intake, "POST", path, order)
        while found["state"] == "erasing" and time.monotonic() < until:
            await asyncio.sleep(POLL_SECONDS)
            found = await _asked(intake, "GET", path)
    return found


async def _asked(intake: IntakeClient, method: str, path: str, form: Form | None = None) -> Erasure:
    reply = await intake.ask(method, path, form)
    if 400 <= reply.status < 500:
        raise Misconfigured(f"not erased: {reply.status} {reply.body.get('detail', '')}")
    if not 200 <= reply.status < 300:
        raise Transient(f"intake did not decide: {reply.status} {reply.body.get('detail', '')}")
    return reply.body


def _show(found: Erasure) -> None:
    say(f"{found['number']}: {found['state']} ({found['reason']})")
    for field, meaning in _DONE.items():
        if field in found:
            say(f"  done   {found[field]}  {meaning}")
    for code in found["waits_for"]:
        say(f"  waits  {_WAITS.get(code, code)}")
    if "records_gone_at" in found:
        say(f"  the last record has left by {found['records_gone_at']}")

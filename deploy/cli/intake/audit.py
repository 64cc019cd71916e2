"""`salur audit`: who did what with what is kept of persons, and whether all of it is there."""

import asyncio
import json
from typing import Annotated

import typer
from pydantic import ValidationError

from deploy.cli.outcome import conclude, end_wrong, put
from deploy.operate.keys.keys_and_audit import audit_entries, verified_audit
from deploy.settings import CommandSettings
from services.intake.audit.model import AuditQuery
from services.intake.cases.models import MOST_ROWS
from shared.errors import Misconfigured
from shared.kafka.envelope import describe

app = typer.Typer(help="Who read whose identity, and more.", invoke_without_command=True)


@app.callback()
def audit(  # noqa: PLR0913, PLR0917 # each filter is an option
    context: typer.Context,
    action: Annotated[str | None, typer.Option(help="identity_read, key_created, …")] = None,
    number: Annotated[str | None, typer.Option(help="of one complaint")] = None,
    agency: Annotated[str | None, typer.Option(help="by one institution")] = None,
    key: Annotated[str | None, typer.Option(help="with one key, by its id")] = None,
    outcome: Annotated[str | None, typer.Option(help="granted, not_holder, anonymous, …")] = None,
    since: Annotated[str | None, typer.Option(help="from a day (WIB) or an instant on")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="how many of the newest")] = 50,
) -> None:
    """Show reads of identities and whole cases, keys, back-ups and erasures, newest first.

    One JSON object per line. Longer lists, page by page: GET /v1/audit.
    """
    if context.invoked_subcommand is not None:
        return
    given = {
        "action": action,
        "number": number,
        "agency": agency,
        "key_id": key,
        "outcome": outcome,
        "since": since,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    reads = asyncio.run(audit_entries(CommandSettings().mongo, _query(asked, limit)))
    for read in reads:
        put(read.model_dump_json(exclude_none=True))
    conclude({"entries": len(reads)})


@app.command()
def verify() -> None:
    """Walk along all chains of the audit; code 1, and the first broken entry, where one is broken.

    The last hash of each chain is printed: kept elsewhere, it shows later that no end was cut off.
    """
    found = asyncio.run(verified_audit(CommandSettings().mongo))
    for head in found.heads:
        put(json.dumps({"chain": head.chain, "seq": head.seq, "hash": head.hash}))
    first = found.broken[0] if found.broken else None
    told = {"broken": f"{first.chain} entry {first.seq}: {first.why}"} if first else {}
    counts = {"entries": found.entries, "chains": len(found.heads), "unchained": found.unchained}
    conclude({**counts, **told})
    if first:
        end_wrong(
            f"{len(found.broken)} entries of the audit are broken, the first: {told['broken']}"
        )


def _query(asked: dict[str, str], limit: int) -> AuditQuery:
    try:
        return AuditQuery.model_validate({**asked, "limit": limit})
    except ValidationError as error:
        raise Misconfigured(f"salur audit: {describe(error)}") from None

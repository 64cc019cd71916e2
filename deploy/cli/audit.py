"""`salur audit`: who read whose identity."""

import asyncio
from typing import Annotated

import typer
from pydantic import ValidationError

from deploy.access import identity_reads
from deploy.cli.outcome import conclude, put
from deploy.settings import CommandSettings
from services.intake.domain.listing import MOST_ROWS
from services.intake.domain.reading import AuditQuery
from shared.envelope import describe
from shared.errors import Misconfigured


def audit(  # noqa: PLR0913, PLR0917 # each filter is an option
    number: Annotated[str | None, typer.Option(help="of one complaint")] = None,
    agency: Annotated[str | None, typer.Option(help="by one institution")] = None,
    key: Annotated[str | None, typer.Option(help="with one key, by its id")] = None,
    outcome: Annotated[str | None, typer.Option(help="granted, not_holder, anonymous, …")] = None,
    since: Annotated[str | None, typer.Option(help="from a day (WIB) or an instant on")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="how many of the newest")] = 50,
) -> None:
    """Show who asked for reporters' identities, newest first, one JSON object per line.

    Longer lists, page by page: GET /v1/audit.
    """
    given = {"number": number, "agency": agency, "key_id": key, "outcome": outcome, "since": since}
    asked = {name: value for name, value in given.items() if value is not None}
    reads = asyncio.run(identity_reads(CommandSettings().mongo, _query(asked, limit)))
    for read in reads:
        put(read.model_dump_json(exclude_none=True))
    conclude({"reads": len(reads)})


def _query(asked: dict[str, str], limit: int) -> AuditQuery:
    try:
        return AuditQuery.model_validate({**asked, "limit": limit})
    except ValidationError as error:
        raise Misconfigured(f"salur audit: {describe(error)}") from None

"""`salur feed`: complaints from a file to intake."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.cli.options import LOCAL_INTAKE, Key, Url
from deploy.cli.outcome import conclude, end_wrong, progress, say
from deploy.operate.intake_client.bulk_sending import AT_ONCE, FeedResult, send_rows
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.intake_client.complaint_files import FeedFile, read_feed
from deploy.operate.intake_client.form_columns import KNOWN

MOST_SHOWN = 20


def feed(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON, UTF-8; the column `text` is needed")],
    *,
    url: Url = LOCAL_INTAKE,
    key: Key = None,
    at_once: Annotated[int, typer.Option(min=1, max=256, help="requests at a time")] = AT_ONCE,
    patience: Annotated[float, typer.Option(min=0, help="seconds to repeat one row")] = 120.0,
) -> None:
    """Send a file of complaints; the same file a second time changes nothing."""
    found = read_feed(file)
    say_ignored(found)
    started = time.monotonic()
    client = IntakeClient(url, key, patience=patience)
    tally = asyncio.run(_send(client, found, at_once=at_once))
    for line, reason in sorted(tally.problems)[:MOST_SHOWN]:
        say(f"line {line}: {reason}")
    if len(tally.problems) > MOST_SHOWN:
        say(f"… and {len(tally.problems) - MOST_SHOWN} more")
    conclude(
        {
            "rows": len(found.rows),
            "accepted": len(tally.numbers),
            "refused": tally.refused,
            "unanswered": tally.unanswered,
            "seconds": round(time.monotonic() - started, 1),
        }
    )
    if tally.problems:
        end_wrong("not every row was accepted")


def say_ignored(found: FeedFile) -> None:
    """Name the columns that no form has, on one line, and on another those that one has."""
    if found.ignored:
        say(f"ignored columns: {', '.join(found.ignored)}")
        say(f"known columns: {', '.join(KNOWN)}")


async def _send(client: IntakeClient, found: FeedFile, *, at_once: int) -> FeedResult:
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress(), transient=True) as bar:
        task = bar.add_task("sending", total=len(found.rows))
        async with client:
            return await send_rows(client, found.rows, lambda: bar.advance(task), at_once=at_once)

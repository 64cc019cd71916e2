"""`salur export-decisions`: what officers decided, as a CSV file to train on."""

import asyncio
from collections import Counter
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, say
from deploy.model.datasets.officer_decisions import (
    DecisionRow,
    SkipReason,
    decided_by_people,
    row_of,
)
from deploy.model.datasets.private_csv import private_csv
from deploy.settings import CommandSettings
from services.metrics.domain.period import WIB
from shared.database.collections import CASES
from shared.database.mongo import Mongo
from shared.settings import MongoSettings

WRITTEN = "rows"
SAID_EVERY = 5_000


def export_decisions(
    *,
    out: Annotated[Path, typer.Option(help="the CSV file to write; it holds masked texts")],
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="decided on this day or later (WIB)"),
    ] = None,
) -> None:
    """Write one row per complaint that an officer or operator routed, or changed the category of.

    A case that its institution transferred away since gives no row, nor does an erased text; both
    are counted. A cell that a spreadsheet would take for a formula has an apostrophe before it,
    which `salur train` does not read. Then for example:
    salur train --input FILE --text text --title title --label category --time decided_at --out M
    """
    start = since.replace(tzinfo=WIB) if since else None
    counts = asyncio.run(_export(CommandSettings().mongo, out, start))
    conclude({"out": str(out), WRITTEN: counts[WRITTEN]} | {one: counts[one] for one in SkipReason})


async def _export(settings: MongoSettings, out: Path, since: datetime | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    async with Mongo(settings) as mongo:
        with private_csv(out, (field.name for field in fields(DecisionRow))) as write:
            async for case in decided_by_people(mongo.cases(CASES), since):
                made = row_of(case, since)
                if isinstance(made, DecisionRow):
                    write(astuple(made))
                counts[WRITTEN if isinstance(made, DecisionRow) else made] += 1
                if counts.total() % SAID_EVERY == 0:
                    _say(counts)
    _say(counts)
    return counts


def _say(counts: Counter[str]) -> None:
    say(f"{counts.total()} cases read, {counts[WRITTEN]} rows written")

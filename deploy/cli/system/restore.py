"""`salur restore`: cases and facts made anew from the topic `complaint-event`."""

import asyncio
import time
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, end_wrong, say
from deploy.operate.restore.event_reader import open_events
from deploy.operate.restore.runner import RestoreReport
from deploy.operate.restore.runner import restore as restore_all
from deploy.operate.restore.stopped_services import members, require_stopped
from deploy.operate.restore.targets import targets_of
from deploy.settings import CommandSettings
from shared.database.mongo import Mongo


def restore(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="compare and count, write nothing")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="also while routers or metrics are in their groups")
    ] = False,
) -> None:
    """Write every case and fact that is missing or older than its newest event.

    Stop routers and metrics first, start them afterwards. Nothing is decided or published. It may
    be interrupted and run again. Code 1 where a record could not be read, and in a dry run where
    anything differs; while services run, what is on its way differs.
    """
    started = time.monotonic()
    report = asyncio.run(_restore(CommandSettings(), dry_run=dry_run, force=force))
    conclude(report.plain() | {"seconds": round(time.monotonic() - started, 1)})
    if report.undecodable:
        end_wrong(f"{report.undecodable} records could not be read and were passed over")
    if not report.is_right:
        end_wrong(
            "what is stored is not what the events say: `salur restore` mends what is missing or"
            " older; for the rest drop the collection first"
        )


async def _restore(settings: CommandSettings, *, dry_run: bool, force: bool) -> RestoreReport:
    if not (dry_run or force):
        require_stopped(await members(settings.kafka))
    async with Mongo(settings.mongo) as mongo, open_events(settings.kafka) as events:
        await mongo.start()
        return await restore_all(events, targets_of(mongo), say=say, dry_run=dry_run)

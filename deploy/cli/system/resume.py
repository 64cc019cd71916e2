"""`salur resume`: lets a stage go on that stopped at too many failures in a row."""

import asyncio
from typing import Annotated

import typer

from deploy.cli.outcome import conclude
from deploy.operate.dead_letters.reader import known_service
from deploy.settings import CommandSettings
from shared.database.collections import stops_of
from shared.database.mongo import Mongo
from shared.settings import MongoSettings
from shared.stage.halts import MongoHalts


def resume(
    service: Annotated[str, typer.Argument(help="intake, router, notifier or metrics")],
) -> None:
    """Let a stopped stage go on from where it stopped; it notices within a second."""
    count = asyncio.run(_resume(CommandSettings().mongo, known_service(service)))
    conclude({"service": service, "resumed": count})


async def _resume(settings: MongoSettings, service: str) -> int:
    async with Mongo(settings) as mongo:
        return await MongoHalts(service, mongo.private(stops_of(service))).resume()

"""`salur tail`: an institution's topic, line by line."""

import asyncio
import contextlib
from typing import Annotated

import typer

from deploy.cli.outcome import put, say
from deploy.cli.system.topics import read_codes
from deploy.operate.tail import follow
from deploy.settings import CommandSettings
from shared.errors import Misconfigured
from shared.settings import KafkaSettings


def tail(
    agency: Annotated[str, typer.Argument(help="code of the institution, such as kab-3603")],
    from_beginning: Annotated[bool, typer.Option(help="all that is kept, not only new")] = False,
    count: Annotated[int | None, typer.Option(min=1, help="end after so many events")] = None,
) -> None:
    """Follow an institution's topic as the institution itself would, until Ctrl-C."""
    if read_codes(agency) != (agency,):
        raise Misconfigured(f"{agency!r} is no institution's code such as kab-3603")
    where = (
        "all that is kept" if from_beginning else "what comes from now on (--from-beginning: all)"
    )
    say(f"following agency-{agency}: {where}; Ctrl-C ends it")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            _tail(CommandSettings().kafka, agency, from_beginning=from_beginning, count=count)
        )


async def _tail(
    settings: KafkaSettings, agency: str, *, from_beginning: bool, count: int | None
) -> None:
    lines = follow(settings, agency, from_beginning=from_beginning)
    shown = 0
    async with contextlib.aclosing(lines):
        async for line in lines:
            put(line)
            shown += 1
            if shown == count:
                return

"""`salur dead-letters`: records that could not be handled, and their way back."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, say
from deploy.operate.dead_letters.erasures import erased_in
from deploy.operate.dead_letters.reader import known_service, read_letter, read_letters
from deploy.operate.dead_letters.repair import read_mended, write_letter
from deploy.operate.dead_letters.replay import DeadLetterReplay, ReplaySelection, replay_letters
from deploy.settings import CommandSettings
from shared.database.mongo import Mongo
from shared.errors import Misconfigured

app = typer.Typer(help="Records that a service could not handle.", no_args_is_help=True)
Service = Annotated[str, typer.Argument(help="intake, router, notifier or metrics")]


@app.command("list")
def listing(
    service: Service,
    limit: Annotated[int, typer.Option(min=1, help="how many of the newest")] = 20,
) -> None:
    """Show the newest dead letters: where each came from, and why; never what it says."""
    found = asyncio.run(read_letters(CommandSettings().kafka, known_service(service)))
    for letter in found[-limit:]:
        say(str(letter))
    shown = [{"at": letter.offset, **letter.origin} for letter in found[-limit:]]
    conclude({"service": service, "total": len(found), "letters": shown})


@app.command()
def show(
    service: Service,
    at: Annotated[int, typer.Argument(min=0, help="where it lies, as `list` prints it")],
    out: Annotated[Path, typer.Option(help="a file that does not exist yet")],
) -> None:
    """Write one dead letter to a file, to be read or mended: it may hold a citizen's words."""
    letter = asyncio.run(read_letter(CommandSettings().kafka, known_service(service), at))
    write_letter(letter, out, service=service)
    say(f"{out}: for its owner alone; delete it afterwards")
    conclude({"service": service, "at": at, "file": str(out)})


@app.command()
def replay(
    service: Service,
    *,
    only: Annotated[
        list[int] | None, typer.Option(min=0, help="this one, replayed before or not; repeatable")
    ] = None,
    skip: Annotated[
        list[int] | None, typer.Option(min=0, help="leave this one for good; repeatable")
    ] = None,
    value: Annotated[
        Path | None, typer.Option(help="with one --only: what `show` wrote, mended, in its place")
    ] = None,
) -> None:
    """Put dead letters back on their topics: all not replayed before, or those named.

    Events go by the router, which says them again as the case is by now. What is said of an erased
    complaint is left, where SALUR_MONGO__URL tells the databases.
    """
    choice = _choice(known_service(service), only or [], skip or [], value=value)
    done = asyncio.run(_replay(CommandSettings(), service, choice))
    for at, why in done.left.items():
        say(f"{at} stays where it is: {why}")
    if done.again:
        places = ", ".join(map(str, done.again))
        say(f"{places}: older letters wait, so a replay of all takes it again, unless --skip")
    conclude({"service": service, **_said(done)})


def _choice(
    service: str, only: list[int], skip: list[int], *, value: Path | None
) -> ReplaySelection:
    if only and skip:
        raise Misconfigured("--only and --skip exclude each other")
    if value is None:
        return ReplaySelection(only=frozenset(only), skip=frozenset(skip))
    if len(only) != 1:
        raise Misconfigured("--value takes the place of one letter: name it with --only")
    mended = read_mended(value, service=service, at=only[0])
    say(f"key, headers and value of {value} go in the place of letter {only[0]}, unexamined")
    return ReplaySelection(only=frozenset(only), mended=mended)


async def _replay(
    settings: CommandSettings, service: str, choice: ReplaySelection
) -> DeadLetterReplay:
    if "url" not in settings.mongo.model_fields_set:
        say("SALUR_MONGO__URL is not set: letters of erased complaints are not told from others")
        return await replay_letters(settings.kafka, service, choice)
    async with Mongo(settings.mongo) as mongo:
        return await replay_letters(settings.kafka, service, choice, erased=erased_in(mongo))


def _said(done: DeadLetterReplay) -> dict[str, object]:
    return {
        "replayed": done.replayed,
        "said_again": done.said_again,
        "passed_over": len(done.left),
        "left": [{"at": at, "because": why} for at, why in done.left.items()],
        "again": done.again,
    }

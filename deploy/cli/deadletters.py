"""`salur dead-letters`: records that could not be handled, and their way back."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, say
from deploy.letters import known_service, read_letters, replay_letters
from deploy.settings import CommandSettings

app = typer.Typer(help="Records that a service could not handle.", no_args_is_help=True)
Service = Annotated[str, typer.Argument(help="intake, router, notifier or metrics")]


@app.command("list")
def show(
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
def replay(service: Service) -> None:
    """Put every dead letter not replayed before back on its topic, with its own key and headers."""
    done = asyncio.run(replay_letters(CommandSettings().kafka, known_service(service)))
    if done.passed_over:
        say(f"{done.passed_over} letters name no topic of ours as their origin and were left")
    conclude({"service": service, **asdict(done)})

"""`salur bench`: what the path costs, beside a bare loop."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from deploy.cli.dev.signals import terminated_like_interrupted
from deploy.cli.outcome import conclude, progress, say
from deploy.dev.bench.brain import measure_brain
from deploy.dev.bench.choice import choose, complaints_for
from deploy.dev.bench.cpu import require_linux
from deploy.dev.bench.idle import measure_idle
from deploy.dev.bench.latency.run import WARM, measure_latency
from deploy.dev.bench.overload.run import measure_overload
from deploy.dev.bench.report import StageReading, figures, table
from deploy.dev.bench.round import Round
from deploy.dev.bench.sizes import Sizes, sizes
from deploy.dev.local.run_folder import run_folder
from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.agencies.institutions import read_directory
from services.router.domain.reference.directory import Directory

BRAIN_TEXTS = 100  # of each category
Repeat = Annotated[int, typer.Option(min=1, help="rounds; each stage shows its median and spread")]


def bench(  # noqa: PLR0913 # one parameter per option
    *,
    complaints: Annotated[int, typer.Option(min=1, help="how many per stage")] = 3_000,
    institutions: Annotated[int, typer.Option(min=1, help="fewer start faster")] = 680,
    repeat: Repeat = 1,
    only_brain: Annotated[
        bool, typer.Option("--only-brain", help="leave out broker, database and services")
    ] = False,
    overload: Annotated[
        float, typer.Option(min=0, help="seconds at twice intake's capacity, and nothing else")
    ] = 0.0,
    rate: Annotated[
        float, typer.Option(min=0, help="complaints a second: how long each takes, nothing else")
    ] = 0.0,
    idle: Annotated[
        float, typer.Option(min=0, help="seconds at rest with all topics, and nothing else")
    ] = 0.0,
) -> None:
    """Measure CPU per complaint: the router's brain, each service, the whole path. Linux only.

    With --overload, what becomes of intake when twice as many complaints come as it can take.
    With --rate, how long a complaint takes from when it was due, as percentiles.
    With --idle, what each service costs with nothing to do.
    """
    require_linux()
    if idle:
        with terminated_like_interrupted():
            conclude({"idle": _idle(idle, institutions)})
        return
    if rate:
        with terminated_like_interrupted():
            conclude({"rate": rate, "milliseconds": _latency(rate, complaints, institutions)})
        return
    if overload:
        with terminated_like_interrupted():
            conclude({"overload": _overload(overload)})
        return
    say("measuring the brain")
    brain = measure_brain(BRAIN_TEXTS)
    if only_brain:
        conclude({"brain": brain.figures})
        return
    chosen = choose(read_directory(), institutions)
    with terminated_like_interrupted():
        rounds = [_round(chosen, complaints) for _ in range(repeat)]
    found = figures([readings for readings, _ in rounds])
    progress().print(table(found))
    say(f"brain: {brain.figures}")
    size = {"complaints": complaints, "institutions": len(chosen.institutions), "repeat": repeat}
    conclude({**size, **found, "brain": brain.figures, "sizes": rounds[-1][1]})


def _round(chosen: Directory, complaints: int) -> tuple[Mapping[str, StageReading], Sizes]:
    first, second = complaints_for(chosen, complaints)
    with run_folder("bench") as folder:
        say("starting broker and database")
        options = StackOptions(folder, tuple(chosen.institutions), services=())
        with Stack(options) as stack:
            readings = asyncio.run(Round(stack, say).run(first, second))
            return readings, asyncio.run(sizes(stack))


def _overload(seconds: float) -> Mapping[str, float]:
    with run_folder("bench") as folder:
        say("starting broker and database")
        with Stack(StackOptions(folder, (), services=())) as stack:
            say("intake: as fast as it can, then twice as fast")
            found = asyncio.run(measure_overload(stack, seconds=seconds)).figures
    progress().print(", ".join(f"{name} {value:g}" for name, value in found.items()))
    return found


def _latency(rate: float, complaints: int, institutions: int) -> Mapping[str, Mapping[str, float]]:
    chosen = choose(read_directory(), institutions)
    forms, _ = complaints_for(chosen, WARM + complaints)
    with run_folder("bench") as folder:
        say("starting broker, database and services")
        options = StackOptions(folder, tuple(chosen.institutions), services=())
        with Stack(options) as stack:
            say(f"{complaints} complaints, {rate:g} a second")
            found = asyncio.run(measure_latency(stack, forms, rate=rate))
    for where, measured in found.items():
        told = ", ".join(f"{what} {value:g}" for what, value in measured.items())
        progress().print(f"{where} (ms): {told}")
    return found


def _idle(seconds: float, institutions: int) -> Mapping[str, Mapping[str, float]]:
    chosen = choose(read_directory(), institutions)
    with run_folder("bench") as folder:
        say("starting broker and database")
        options = StackOptions(folder, tuple(chosen.institutions), services=())
        with Stack(options) as stack:
            say(f"each service alone: its start, then {seconds:g} s at rest")
            found = asyncio.run(measure_idle(stack, seconds=seconds))
    for name, measured in found.items():
        told = ", ".join(f"{what} {value:g}" for what, value in measured.items())
        progress().print(f"{name}: {told}")
    return found

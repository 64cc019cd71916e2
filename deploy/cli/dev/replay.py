"""`salur replay`: a known history through a system of its own, compared figure by figure."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

import typer

from deploy.cli.dev.signals import terminated_like_interrupted
from deploy.cli.options import Broker, BrokerKind
from deploy.cli.outcome import conclude, end_wrong, progress, say
from deploy.dev.local.run_folder import run_folder
from deploy.dev.local.stack import Stack
from deploy.dev.replay.categories import read_subjects
from deploy.dev.replay.plan import Report, plan, with_one_changed
from deploy.dev.replay.run import FigureComparison, Replay, options
from deploy.dev.replay.scale import read_scale, scaled
from deploy.dev.replay.scenario import Scenario
from deploy.dev.replay.scenarios import NAMES, scenario_of
from deploy.dev.replay.show import as_result, figures_table, screen
from deploy.dev.replay.sources.direct import require_script

WIDTH = 130  # of the table: cut off, its figures would be worth nothing
Scale = Annotated[str, typer.Option(help="a part of it, such as 0.1; figures follow")]
Keep = Annotated[bool, typer.Option("--keep", help="leave the system up until Ctrl-C")]
ChangeOne = Annotated[
    bool, typer.Option("--change-one", help="feed one complaint otherwise: the figures must differ")
]


def replay(  # noqa: PLR0913 - each option of a command is an argument
    name: Annotated[str, typer.Argument(metavar="SCENARIO", help=", ".join(NAMES))],
    *,
    scale: Scale = "1",
    seed: Annotated[int, typer.Option(help="of times and words; figures do not depend on it")] = 1,
    broker: Broker = BrokerKind.EMBEDDED,
    keep: Keep = False,
    change_one: ChangeOne = False,
) -> None:
    """Feed a scenario through a system of its own; exit 1 where a figure differs."""
    asked = _asked(name, read_scale(scale), seed, change_one=change_one)
    _introduce(asked)
    with terminated_like_interrupted(), run_folder("replay") as folder:
        started = time.monotonic()
        with Stack(options(folder, asked.scenario, broker)) as stack:
            findings = _run(stack, asked)
            _show(findings)
            conclude(_result(asked, findings, time.monotonic() - started))
            if keep:
                _wait(stack, asked.scenario)
        if wrong := _wrong(findings):
            what = f"{wrong} of {len(findings)} figures are not what they must be"
            end_wrong(f"{what}; logs and data are in {folder}")


@dataclass(frozen=True, slots=True)
class _Asked:
    scenario: Scenario
    scale: Fraction
    seed: int
    is_changed: bool
    reports: list[Report]


def _asked(name: str, scale: Fraction, seed: int, *, change_one: bool) -> _Asked:
    scenario = scenario_of(name)
    require_script()
    reports = plan(scaled(scenario, scale), seed, read_subjects())
    if change_one:
        reports = with_one_changed(reports, seed)
    return _Asked(scenario, scale, seed, change_one, reports)


def _introduce(asked: _Asked) -> None:
    scenario = asked.scenario
    size = f"{len(asked.reports)} complaints, institutions: {len(scenario.institutions)}"
    say(f"{scenario.title}: {size}")
    for note in scenario.notes:
        say(f"  {note}")
    say("starting broker, database and services")


def _run(stack: Stack, asked: _Asked) -> list[FigureComparison]:
    with screen(progress()) as seen:
        replaying = Replay(stack, asked.scenario, scale=asked.scale)
        return asyncio.run(replaying.run(asked.reports, seen))


def _show(findings: Sequence[FigureComparison]) -> None:
    console = progress()
    console.width = max(console.width, WIDTH)
    console.print(figures_table(findings))


def _result(
    asked: _Asked, findings: Sequence[FigureComparison], seconds: float
) -> dict[str, object]:
    return {
        "scenario": asked.scenario.name,
        "scale": float(asked.scale),
        "seed": asked.seed,
        "changed": asked.is_changed,
        "complaints": len(asked.reports),
        "actions": sum(len(one.steps) for one in asked.reports),
        "seconds": round(seconds, 1),
        "wrong": _wrong(findings),
        "figures": as_result(findings),
    }


def _wrong(findings: Sequence[FigureComparison]) -> int:
    return sum(not one.is_right for one in findings)


def _wait(stack: Stack, scenario: Scenario) -> None:
    question = scenario.checkpoints[-1].figures[0].question
    period = f"{question.first}..{question.last}"
    say(f"the league: {stack.url('metrics')}/league?period={period}&by={question.by}")
    say("Ctrl-C stops everything")
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("stopping")

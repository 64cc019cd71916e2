"""`salur chaos`: a whole system on three brokers under seeded faults, judged from outside."""

import asyncio
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from deploy.cli.dev.signals import terminated_like_interrupted
from deploy.cli.outcome import conclude, end_wrong, progress, say
from deploy.dev.chaos.oracle.sabotage import SHOWS, Sabotage
from deploy.dev.chaos.plan import KINDS, Timed, decks
from deploy.dev.chaos.run import Outcome, Session, plans
from deploy.dev.chaos.show import as_result, finding_lines, outcome_lines, recovery_table
from deploy.dev.chaos.system import System
from deploy.dev.local.run_folder import run_folder
from shared.errors import Misconfigured

Only = Annotated[str, typer.Option(help="kinds of faults with commas between; all if empty")]


def chaos(
    *,
    runs: Annotated[int, typer.Option(min=1, help="each with its own faults")] = 8,
    seed: Annotated[int | None, typer.Option(help="the same seed, the same plan")] = None,
    only: Only = "",
    at_once: Annotated[int, typer.Option(min=1, max=6, help="most faults of one run")] = 3,
    sabotage: Annotated[Sabotage | None, typer.Option(help="tamper with one record")] = None,
) -> None:
    """Break the system in every way that heals, and show that no promise is broken."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers are away on purpose
    drawn = secrets.randbelow(1_000_000) if seed is None else seed
    random = Random(drawn)
    planned = list(plans(random, _deck(random, only), runs, at_once))
    say(f"seed {drawn}: {runs} runs")
    with terminated_like_interrupted(), run_folder("chaos") as folder:
        outcomes, findings = asyncio.run(_run(folder, planned, random, sabotage))
        progress().print(recovery_table(outcomes))
        conclude(as_result(drawn, outcomes))
        if sabotage is not None:
            _end_sabotaged(sabotage, findings)
        if not all(outcome.passed for outcome in outcomes):
            end_wrong(f"promises were broken, seed {drawn}; logs and data are in {folder}")


def _deck(random: Random, only: str) -> Iterator[str]:
    kinds = [kind.strip() for kind in only.split(",") if kind.strip()] or list(KINDS)
    if unknown := sorted(set(kinds) - KINDS.keys()):
        raise Misconfigured(f"no fault is called {unknown[0]!r}; there are: {', '.join(KINDS)}")
    return decks(random, kinds)


async def _run(
    folder: Path, planned: Sequence[Sequence[Timed]], random: Random, sabotage: Sabotage | None
) -> tuple[list[Outcome], list[str]]:
    """Do all runs; a system that has broken a promise is followed by a new one."""
    outcomes: list[Outcome] = []
    async with AsyncExitStack() as opened:
        session: Session | None = None
        for number, plan in enumerate(planned, 1):
            if session is None:
                say("starting three brokers, the database and nine services")
                system = System(folder / f"system-{number}")
                session = await opened.enter_async_context(Session(system))
            say(f"run {number} of {len(planned)}")
            outcome = await session.run(number, plan, random, say)
            outcomes.append(outcome)
            for line in outcome_lines(outcome):
                say(line)
            if not outcome.passed:
                await opened.aclose()
                session = None
        if sabotage is None or session is None:
            return outcomes, []
        return outcomes, finding_lines(await session.sabotaged(sabotage, random))


def _end_sabotaged(sabotage: Sabotage, findings: Sequence[str]) -> None:
    for line in findings:
        say(line)
    if any(line.strip().startswith(SHOWS[sabotage]) for line in findings):
        end_wrong(f"one record was tampered with ({sabotage}), and the oracle found it")
    say(f"one record was tampered with ({sabotage}), and the oracle did NOT find it")

"""What a person sees of a replay: a bar while it runs, a table at its end, all on stderr."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.dev.replay.run import FigureComparison, Screen

PLAIN_SECONDS = 5.0


@contextmanager
def screen(console: Console) -> Iterator[Screen]:
    """Yield a screen with a bar on a terminal; elsewhere with a line now and then."""
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (TextColumn("fed"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("fed", total=None)

        def begin(total: int) -> None:
            bar.reset(task, total=total)

        yield Screen(say=bar.console.print, begin=begin, step=lambda: bar.advance(task))


def _plain(console: Console) -> Screen:
    done, total, last = 0, 0, time.monotonic()

    def begin(count: int) -> None:
        nonlocal done, total
        done, total = 0, count

    def step() -> None:
        nonlocal done, last
        done += 1
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            console.print(f"fed {done} of {total}")

    return Screen(say=console.print, begin=begin, step=step)


def figures_table(findings: Iterable[FigureComparison]) -> Table:
    """Return the figures, a line each; a dash where the metrics cannot tell."""
    table = Table("as of", "figure", "of", "expected", "league", "metrics", "direct", "ok", "basis")
    for one in findings:
        table.add_row(
            f"{one.as_of:%Y-%m-%d}",
            one.figure.name,
            one.figure.holder or "all",
            one.expected,
            one.league,
            one.metrics or "-",
            one.direct,
            "ok" if one.is_right else "WRONG",
            one.basis,
        )
    return table


def as_result(findings: Iterable[FigureComparison]) -> list[dict[str, object]]:
    """Return the figures for a machine."""
    return [
        {
            "as_of": one.as_of.isoformat(),
            "figure": one.figure.name,
            "holder": one.figure.holder,
            "measure": one.figure.measure,
            "basis": one.basis,
            "expected": one.expected,
            "league": one.league,
            "metrics": one.metrics,
            "direct": one.direct,
            "ok": one.is_right,
        }
        for one in findings
    ]

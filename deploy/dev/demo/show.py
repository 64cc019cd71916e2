"""What a person sees of the demo: live counts while it runs, tables at its end, all on stderr."""

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.dev.demo.oracle import Counts, DemoVerdict

STAGES = {
    "accepted": "acknowledged by intake with 202",
    "refused": "answered 4xx",
    "routed": "on an institution's topic",
    "triaged": "in triage",
    "delivered": "told to the institution by webhook",
    "counted": "counted by metrics",
    "dead_lettered": "records in the dead letters",
    "redelivered": "repeats under the same id",
    "lost": "accepted, and found nowhere",
    "duplicated": "made twice of one",
}
# What is still on its way would look like lost.
_LIVE = tuple(name for name in STAGES if name not in ("lost", "duplicated"))
PLAIN_SECONDS = 5.0
MOST_AGENCIES = 10


class Screen(AbstractContextManager["Screen"]):
    """A table that changes in place on a terminal; elsewhere a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._last = 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, counts: Counts) -> None:
        """Show the counts as they are now."""
        if self._live is not None:
            self._live.update(stage_table(counts, _LIVE), refresh=True)
        elif time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            said = (f"{name} {asdict(counts)[name]}" for name in _LIVE)
            self._console.print(", ".join(said), soft_wrap=True)


def stage_table(counts: Counts, names: Iterable[str] = tuple(STAGES)) -> Table:
    """Return the counts, a line per stage."""
    table = Table("stage", "count", "meaning")
    for name in names:
        table.add_row(name, str(asdict(counts)[name]), STAGES[name])
    return table


def triage_table(verdict: DemoVerdict) -> Table:
    """Return what was left to people, a line per rule, with its share of all accepted."""
    table = Table("triaged by rule", "complaints", "share")
    rows = {**verdict.triage, "all": verdict.counts.triaged}
    for rule, count in rows.items():
        table.add_row(rule, str(count), f"{count / max(verdict.counts.accepted, 1):.1%}")
    return table


def agency_table(verdict: DemoVerdict, names: Mapping[str, str]) -> Table:
    """Return the institutions with the most complaints, at most ten."""
    table = Table("institution", "code", "complaints")
    ranked = sorted(verdict.by_agency.items(), key=lambda pair: (-pair[1], pair[0]))
    for code, count in ranked[:MOST_AGENCIES]:
        table.add_row(names.get(code, ""), code, str(count))
    return table

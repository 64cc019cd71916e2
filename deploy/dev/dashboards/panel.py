"""A dashboard as data: what it shows, of which queries, in which unit; nothing of its JSON."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["time", "number", "bars", "table"]
# Grafana's names of units.
Unit = Literal["short", "percentunit", "s", "cps", "reqps", "bytes", "none"]
NAMESPACE = 'namespace=~"$namespace"'


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and how its lines are called; in a table the heading of its column."""

    promql: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `alert` names the alert that watches the same, and so its part of the runbook.

    `limits` are where the colour turns to orange and to red. `width` is in 24ths.
    """

    title: str
    queries: tuple[Query, ...]
    unit: Unit
    about: str
    kind: Kind = "time"
    width: int = 8
    alert: str | None = None
    limits: tuple[float, float] | None = None
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `uid` is its address for ever; `chooses` are its variables of its own."""

    uid: str
    title: str
    about: str
    rows: tuple[Row, ...]
    chooses: tuple[Literal["agency", "tier"], ...] = ()
    since: str = "now-6h"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Return all panels, in order."""
        return tuple(panel for row in self.rows for panel in row.panels)


def number(title: str, promql: str, unit: Unit, about: str, **more: object) -> Panel:
    """Return a panel with one number, six of which stand side by side."""
    values: dict[str, object] = {"kind": "number", "width": 4} | more
    return Panel(title, (Query(promql),), unit, about, **values)  # type: ignore[arg-type]

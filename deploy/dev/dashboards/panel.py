"""A dashboard as data: what it shows, of which queries, in which unit; nothing of its JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ConfigDict

from shared.contracts.value_objects import Frozen

FOLDER = Path(__file__).parent / "boards"


class _Written(Frozen):
    # A name that is mistyped would be left out in silence.
    model_config = ConfigDict(extra="forbid")


class Panel(_Written):
    """One panel; `alert` names the alert that watches the same, and so its part of the runbook.

    `queries` are PromQL by what their lines are called, in a table by the heading of the column.
    `limits` are where the colour turns to orange and to red. `width` is in 24ths.
    """

    title: str
    queries: Mapping[str, str]
    unit: Literal["short", "percentunit", "s", "cps", "reqps", "bytes", "none"]  # Grafana's names
    about: str
    kind: Literal["time", "number", "bars", "table"] = "time"
    width: int = 8
    alert: str | None = None
    limits: tuple[int | float, int | float] | None = None
    stacked: bool = False


class Row(_Written):
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


class Board(_Written):
    """One dashboard; `uid` is its address for ever; `chooses` are its variables of its own."""

    uid: str
    title: str
    about: str
    rows: tuple[Row, ...]
    chooses: tuple[Literal["agency", "tier"], ...] = ()
    since: str = "now-6h"


def read_board(name: str) -> Board:
    """Return what a file of `boards/` says."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return Board.model_validate(yaml.safe_load(text))

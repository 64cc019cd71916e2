"""`salur sizing`: what an installation needs, computed from what `make bench` found."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, say
from deploy.operate.sizing.estimate import MEASURED, VOLUMES, Assumptions, needs, read_measured
from deploy.operate.sizing.tables import sizing_text

Bench = Annotated[Path, typer.Option("--bench", help="output of `make bench`; ours if not given")]
PerDay = Annotated[
    list[int] | None, typer.Option("--per-day", min=1, help="complaints a day; repeatable")
]


def sizing(
    *,
    bench: Bench = MEASURED,
    per_day: PerDay = None,
    peak: Annotated[float, typer.Option(min=1.0, help="the peak by the day's mean")] = 4.0,
) -> None:
    """Tell cores, instances, partitions and disks for some numbers of complaints a day."""
    measured, assumed = read_measured(bench), Assumptions(peak=peak)
    volumes = tuple(per_day or VOLUMES)
    say(sizing_text(measured, assumed, volumes))
    found = [asdict(needs(measured, volume, assumed)) for volume in volumes]
    conclude({"assumed": asdict(assumed), "needs": found})

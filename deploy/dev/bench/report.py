"""What is told of the rounds: medians and their spread, a table, an object for a machine.

A shared machine is faster in one minute than in the next, so each stage is divided by the bare
loop that ran around it, and the drift of the bare loop itself is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from rich.table import Table

from deploy.dev.bench.measure import CostReading

BASELINE = "baseline"
STAGES = {
    "baseline": "bare aiokafka loop",
    "intake": "HTTP to 202",
    "router": "to its topics",
    "notifier": "to webhook, each",
    "metrics": "to the counts",
    "whole": "all four together",
}
SHARE = "_cpu_us"
Figures = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class StageReading:
    """What one stage of one round cost, and what the bare loop cost before and after it."""

    cost: CostReading
    bare: Sequence[CostReading]

    @property
    def ratio(self) -> float:
        """Return the cost in units of the bare loop."""
        return self.cost.cpu_us / fmean(one.cpu_us for one in self.bare)


Round = Mapping[str, StageReading]  # by stage, without the baseline


def figures(rounds: Sequence[Round]) -> Figures:
    """Return per stage the medians of `cpu_us`, `per_second` and `ratio`, and the ratio's spread.

    The baseline's `drift` is its dearest reading by its cheapest. `whole` also tells each
    service's share of its CPU time, as `<service>_cpu_us`.
    """
    bare = [one for readings in rounds for stage in readings.values() for one in stage.bare]
    found = {BASELINE: _costs(bare) | {"ratio": 1.0, "drift": _drift(bare)}}
    for stage in rounds[0]:
        found[stage] = _figures([readings[stage] for readings in rounds])
    found["whole"] |= _shares([readings["whole"].cost for readings in rounds])
    return {stage: found[stage] for stage in STAGES}


def table(found: Figures) -> Table:
    """Return the figures for people, a line per stage, and one per service under the last."""
    shown = Table("stage", "records", "CPU µs", "per second", "× baseline", "spread", "what")
    for column in shown.columns[1:6]:
        column.justify = "right"
    for stage, meaning in STAGES.items():
        one = found[stage]
        numbers = (f"{one['records']:.0f}", f"{one['cpu_us']:,.1f}", f"{one['per_second']:,.1f}")
        shown.add_row(stage, *numbers, f"{one['ratio']:.2f}", _spread(one), meaning)
    for name, share in found["whole"].items():
        if name.endswith(SHARE):
            shown.add_row("", "", f"{share:,.1f}", "", "", "", f"of it {name.removesuffix(SHARE)}")
    return shown


def _spread(one: Mapping[str, float]) -> str:
    if "drift" in one:
        return f"drift {one['drift']:.2f}"
    return f"{one['ratio_least']:.1f} to {one['ratio_most']:.1f}"


def _figures(readings: Sequence[StageReading]) -> dict[str, float]:
    ratios = [one.ratio for one in readings]
    spread = {"ratio": median(ratios), "ratio_least": min(ratios), "ratio_most": max(ratios)}
    costs = _costs([one.cost for one in readings])
    return costs | {name: round(value, 2) for name, value in spread.items()}


def _costs(readings: Sequence[CostReading]) -> dict[str, float]:
    return {
        "records": readings[0].records,
        "cpu_us": round(median(one.cpu_us for one in readings), 1),
        "per_second": round(median(one.per_second for one in readings), 1),
    }


def _drift(readings: Sequence[CostReading]) -> float:
    costs = [one.cpu_us for one in readings]
    return round(max(costs) / min(costs), 2)


def _shares(readings: Sequence[CostReading]) -> dict[str, float]:
    # A process is named by its service and a number.
    shares = [one.cpu_us_by_process for one in readings]
    return {
        f"{name.partition('-')[0]}{SHARE}": round(median(one[name] for one in shares), 1)
        for name in shares[0]
    }

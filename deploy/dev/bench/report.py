"""What is told of the readings: the best of several rounds, a table, an object for a machine."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from deploy.dev.bench.measure import CostReading

STAGES = {
    "baseline": "bare aiokafka loop",
    "intake": "HTTP to 202",
    "router": "to its topics",
    "notifier": "to webhook, each",
    "metrics": "to the counts",
    "whole": "all four together",
}
SHARE = "_cpu_us"
Readings = Mapping[str, CostReading]
Figures = Mapping[str, Mapping[str, float]]


def best_of(rounds: Sequence[Readings]) -> Readings:
    """Return for each stage the reading with the least CPU time per record."""
    return {
        stage: min((readings[stage] for readings in rounds), key=lambda reading: reading.cpu_us)
        for stage in STAGES
    }


def figures(readings: Readings) -> Figures:
    """Return per stage `cpu_us` and `per_second`, and `ratio` = cpu_us by the baseline's.

    `whole` also tells each service's share of its CPU time, as `<service>_cpu_us`.
    """
    bare = readings["baseline"].cpu_us
    found = {stage: _figures(readings[stage], bare) for stage in STAGES}
    return {**found, "whole": {**found["whole"], **_shares(readings["whole"])}}


def table(found: Figures) -> Table:
    """Return the figures for people, a line per stage, and one per service under the last."""
    shown = Table("stage", "records", "CPU µs", "per second", "× baseline", "what")
    for column in shown.columns[1:5]:
        column.justify = "right"
    for stage, meaning in STAGES.items():
        one = found[stage]
        numbers = (f"{one['records']:.0f}", f"{one['cpu_us']:,.1f}", f"{one['per_second']:,.1f}")
        shown.add_row(stage, *numbers, f"{one['ratio']:.2f}", meaning)
    for name, share in found["whole"].items():
        if name.endswith(SHARE):
            shown.add_row("", "", f"{share:,.1f}", "", "", f"of it {name.removesuffix(SHARE)}")
    return shown


def _figures(reading: CostReading, bare: float) -> Mapping[str, float]:
    return {
        "records": reading.records,
        "cpu_us": round(reading.cpu_us, 1),
        "per_second": round(reading.per_second, 1),
        "ratio": round(reading.cpu_us / bare, 2),
    }


def _shares(reading: CostReading) -> Mapping[str, float]:
    # A process is named by its service and a number.
    shares = reading.cpu_us_by_process.items()
    return {f"{name.partition('-')[0]}{SHARE}": round(share, 1) for name, share in shares}

"""What is told of the readings: the best of several rounds, a table, an object for a machine."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from deploy.bench.measure import Reading

STAGES = {
    "baseline": "a bare aiokafka loop over the same records",
    "intake": "HTTP to acknowledged",
    "router": "to the events and the institutions' topics",
    "notifier": "to the webhook's answer, per webhook",
    "metrics": "to the counts",
    "whole": "HTTP to webhook and counts, all four services",
}
Readings = Mapping[str, Reading]
Figures = Mapping[str, Mapping[str, float]]


def best_of(rounds: Sequence[Readings]) -> Readings:
    """Return for each stage the reading with the least CPU time per record."""
    return {
        stage: min((readings[stage] for readings in rounds), key=lambda reading: reading.cpu_us)
        for stage in STAGES
    }


def figures(readings: Readings) -> Figures:
    """Return per stage `cpu_us` and `per_second`, and `ratio` = cpu_us by the baseline's."""
    bare = readings["baseline"].cpu_us
    return {
        stage: {
            "records": readings[stage].records,
            "cpu_us": round(readings[stage].cpu_us, 1),
            "per_second": round(readings[stage].per_second, 1),
            "ratio": round(readings[stage].cpu_us / bare, 2),
        }
        for stage in STAGES
    }


def table(found: Figures) -> Table:
    """Return the figures for people, a line per stage."""
    shown = Table("stage", "records", "CPU µs each", "per second", "× baseline", "what")
    for column in shown.columns[1:5]:
        column.justify = "right"
    for stage, meaning in STAGES.items():
        one = found[stage]
        numbers = (f"{one['records']:.0f}", f"{one['cpu_us']:,.1f}", f"{one['per_second']:,.1f}")
        shown.add_row(stage, *numbers, f"{one['ratio']:.2f}", meaning)
    return shown

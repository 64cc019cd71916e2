"""The metrics' contract as a page: what every process exports, and what bounds every label."""

from collections.abc import Iterable

from deploy.markdown import markdown
from shared.telemetry.catalogue import CATALOGUE, LABELS, PROCESS
from shared.telemetry.metric_spec import (
    EVERY,
    INTAKE,
    METRICS,
    NOTIFIER,
    ROUTER,
    STAGES,
    MetricSpec,
)

_HEAD = """# Metrics

What `/metrics` of each service tells, from `shared/telemetry/catalogue.py`. A metric that is
not here cannot be made, and no label holds a complaint, a person or free text.

- Counters end with `_total` and start again with the process: read them with `rate` or `increase`.
- Gauges of metrics are counts of all cases there are. Each replica exports the partitions it
  holds, so sum over replicas; a rate of them means nothing.
- Ratios are not exported: `rules/recording.yaml` divides.
- A scrape is written in a thread of its own, the tables of metrics only once after each change. For
  680 institutions with cases in every status, 110 rules in four versions and every queue, metrics
  exports about 9,000 lines, less than 1 MB (asserted in `tests/metrics/test_app.py`): some 15 ms
  of one core after a change, less than 1 ms without one.
"""


def contract() -> str:
    """Return the page."""
    parts = [_HEAD]
    for source in (EVERY, INTAKE, STAGES, ROUTER, NOTIFIER, METRICS):
        of_source = [spec for spec in (*CATALOGUE, *PROCESS) if spec.source == source]
        parts.append(f"\n## {source.capitalize()}\n\n{_table(of_source)}")
    rows = [(f"`{name}`", bound) for name, bound in LABELS.items()]
    parts.append(f"\n## Labels\n\n{markdown(('label', 'what it may hold'), rows)}")
    return "".join(parts)


def _table(specs: Iterable[MetricSpec]) -> str:
    rows = [
        (f"`{spec.name}`", spec.kind, ", ".join(spec.labels), spec.meaning + _edges(spec))
        for spec in specs
    ]
    return markdown(("name", "type", "labels", "meaning"), rows)


def _edges(spec: MetricSpec) -> str:
    if spec.kind != "histogram":
        return ""
    return f" Seconds: {', '.join(f'{edge:g}' for edge in spec.buckets)}."

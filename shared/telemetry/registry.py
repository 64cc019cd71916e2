"""The metrics of a process: everything a monitoring team counts of it.

Its logs are in `shared/telemetry/logs.py`. A metric that is not in the catalogue cannot be made.
"""

from collections.abc import Mapping
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase

from shared.telemetry.catalogue import BY_NAME, CATALOGUE
from shared.telemetry.exposition import GaugeTable, Rows
from shared.telemetry.metric_spec import EVERY, STAGES, MetricSpec

Made = TypeVar("Made", bound=MetricWrapperBase)
_KINDS: dict[str, type[MetricWrapperBase]] = {"counter": Counter, "gauge": Gauge}


class Telemetry:
    """The metrics of one process, each made once, from the catalogue only."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        # They double the counters of a scrape, and nobody reads them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry or CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._made: dict[str, MetricWrapperBase] = {}
        self._tables: Mapping[str, GaugeTable] = {}

    def counter(self, name: str) -> Counter:
        """Return the counter of this name; KeyError if the catalogue lacks it."""
        return self._get(name, Counter)

    def gauge(self, name: str) -> Gauge:
        """Return the gauge of this name; KeyError if the catalogue lacks it."""
        return self._get(name, Gauge)

    def histogram(self, name: str) -> Histogram:
        """Return the histogram of this name; KeyError if the catalogue lacks it."""
        return self._get(name, Histogram)

    def declare(self, service: str) -> None:
        """Make all metrics that this service may export: what has not happened yet reads 0."""
        for spec in CATALOGUE:
            if spec.source in (EVERY, STAGES, service):
                if spec.is_table:
                    self._tables = {spec.name: GaugeTable(spec, {}), **self._tables}
                else:
                    self._get(spec.name, MetricWrapperBase)

    def show(self, tables: Mapping[str, Rows]) -> None:
        """Replace tables, all of these at once: no scrape sees some old and some new.

        Raises:
            KeyError: the catalogue lacks the name.
            TypeError: the catalogue has it as no table.
        """
        made = {name: GaugeTable(BY_NAME[name], rows) for name, rows in tables.items()}
        self._tables = {**self._tables, **made}

    def shown(self, name: str) -> Rows:
        """Return what `show` was given last for this gauge, by the values of its labels."""
        return self._tables[name].rows if name in self._tables else {}

    def text(self) -> bytes:
        """Return the whole exposition; may be called from any thread."""
        tables = self._tables.values()
        return generate_latest(self.registry) + b"".join(table.text for table in tables)

    def _get(self, name: str, kind: type[Made]) -> Made:
        spec = BY_NAME[name]
        if name not in self._made and not spec.is_table:
            self._made[name] = _make(spec, self.registry)
        made = self._made.get(name)
        if not isinstance(made, kind):
            form = "table" if spec.is_table else spec.kind
            raise TypeError(f"metric {name} is a {form} in the catalogue")
        return made


def _make(spec: MetricSpec, registry: CollectorRegistry) -> MetricWrapperBase:
    if spec.kind == "histogram":
        return Histogram(
            spec.name, spec.meaning, spec.labels, buckets=spec.buckets, registry=registry
        )
    return _KINDS[spec.kind](spec.name, spec.meaning, spec.labels, registry=registry)

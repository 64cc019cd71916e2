"""Gauges that come as a whole table, and the text in which Prometheus reads them.

A table of a country has thousands of lines. It is written out once, when it is first scraped, and
not for every scrape; whoever fills it only hands over what it has counted.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from shared.telemetry.metric_spec import MetricSpec

Rows = Mapping[Any, float]  # by a tuple of the labels' values; those are strings of any kind
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class GaugeTable:
    """The lines of one gauge, which nobody changes any more.

    Raises:
        TypeError: the catalogue has it as no table.
    """

    def __init__(self, spec: MetricSpec, rows: Rows) -> None:
        if spec.kind != "gauge" or not spec.is_table:
            raise TypeError(f"metric {spec.name} is no table in the catalogue")
        self._spec = spec
        self.rows = rows

    @cached_property
    def text(self) -> bytes:
        """Return the lines as Prometheus reads them (text format 0.0.4)."""
        spec = self._spec
        head = f"# HELP {spec.name} {spec.meaning}\n# TYPE {spec.name} gauge\n"
        form = spec.name + "{" + ",".join(f'{label}="%s"' for label in spec.labels) + "} %s\n"
        lines = (
            form % (*(str(value).translate(_ESCAPED) for value in labels), number)
            for labels, number in self.rows.items()
        )
        return (head + "".join(lines)).encode()

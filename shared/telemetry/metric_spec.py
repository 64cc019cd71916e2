"""What one row of the metric catalogue says, and the words that rows share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# 60 is the limit that is promised: an edge, so that what is late is counted and not guessed.
AGE_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
EVERY, INTAKE, STAGES = "every process", "intake", "every stage"
ROUTER, NOTIFIER, METRICS = "router", "notifier", "metrics"


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One row of the catalogue. A counter's name ends with `_total`; a table comes as a whole."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    source: str
    buckets: Sequence[float] = SECONDS
    is_table: bool = False

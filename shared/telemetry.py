"""The metric catalogue, and the logs: everything a monitoring team sees of a process.

Label values are closed sets: no complaint, no person, no free text. A metric that is not in the
catalogue cannot be made.
"""

import logging
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.metrics import MetricWrapperBase
from pythonjsonlogger.json import JsonFormatter

Kind = Literal["counter", "gauge", "histogram"]
Made = TypeVar("Made", bound=MetricWrapperBase)
SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
AGE_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One row of the catalogue. A counter's name ends with `_total`."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    buckets: Sequence[float] = SECONDS


CATALOGUE = (
    # intake
    MetricSpec(
        "salur_http_requests_total", "counter", ("door", "status"), "Requests answered, by door."
    ),
    MetricSpec("salur_http_request_seconds", "histogram", ("door",), "Time to answer a request."),
    MetricSpec(
        "salur_complaints_accepted_total", "counter", ("channel",), "Complaints answered with 202."
    ),
    MetricSpec(
        "salur_actions_forwarded_total", "counter", ("door",), "Actions passed to the router."
    ),
    # every stage
    MetricSpec("salur_stage_records_total", "counter", ("stage",), "Records handled to the end."),
    MetricSpec("salur_stage_batch_seconds", "histogram", ("stage",), "Time to handle one batch."),
    MetricSpec(
        "salur_stage_failures_total",
        "counter",
        ("stage", "error"),
        "Batches put back because something was away.",
    ),
    MetricSpec(
        "salur_stage_stopped", "gauge", ("stage",), "1 while the stage waits for `salur resume`."
    ),
    MetricSpec(
        "salur_stage_partitions", "gauge", ("stage",), "Partitions assigned to this process."
    ),
    MetricSpec("salur_stage_rebalances_total", "counter", ("stage",), "Assignments received."),
    MetricSpec(
        "salur_stage_commits_refused_total",
        "counter",
        ("stage",),
        "Commits refused because the group had moved on.",
    ),
    MetricSpec(
        "salur_stage_last_commit_timestamp_seconds",
        "gauge",
        ("stage",),
        "When offsets were committed last.",
    ),
    MetricSpec(
        "salur_dead_letters_total", "counter", ("stage", "reason"), "Records dead-lettered."
    ),
    # router
    MetricSpec(
        "salur_decisions_total", "counter", ("rule", "outcome"), "Routing decisions, by rule."
    ),
    MetricSpec(
        "salur_accepted_to_routed_seconds",
        "histogram",
        (),
        "From acceptance to the acknowledged record on the institution's topic.",
        AGE_SECONDS,
    ),
    MetricSpec(
        "salur_not_provisioned_total",
        "counter",
        ("agency",),
        "Complaints in triage because the institution's topic is missing.",
    ),
    MetricSpec(
        "salur_possible_duplicates_total",
        "counter",
        (),
        "New complaints linked to others that may be about the same thing.",
    ),
    MetricSpec(
        "salur_deadlines_total",
        "counter",
        ("clock", "level"),
        "Deadlines that passed, by legal clock and who hears.",
    ),
    MetricSpec(
        "salur_clocks_due",
        "gauge",
        (),
        "Cases of this process's partitions whose next deadline has passed and is not settled.",
    ),
    # notifier
    MetricSpec(
        "salur_deliveries_total", "counter", ("outcome",), "Attempts to deliver, by outcome."
    ),
    MetricSpec("salur_delivery_seconds", "histogram", (), "Time of one attempt to deliver."),
    MetricSpec("salur_lanes", "gauge", ("state",), "Endpoints this process works for, by state."),
    # metrics
    MetricSpec("salur_cases", "gauge", ("agency", "status"), "Cases by institution and status."),
    MetricSpec(
        "salur_transferred_cases",
        "gauge",
        ("agency", "direction"),
        "Cases that an institution has from another, and those that it gave up.",
    ),
    MetricSpec(
        "salur_overdue_cases",
        "gauge",
        ("agency",),
        "Cases that passed a deadline at the institution that holds them.",
    ),
    MetricSpec(
        "salur_cases_by_category",
        "gauge",
        ("category", "status"),
        "Cases by main category and status.",
    ),
    MetricSpec(
        "salur_decided_cases",
        "gauge",
        ("rule", "version", "model", "outcome"),
        "Cases by what the router's first decision was made by, and whether it routed or triaged.",
    ),
    MetricSpec(
        "salur_misrouted_cases",
        "gauge",
        ("rule", "version", "model", "outcome", "kind"),
        "Cases that were transferred, corrected, overruled, confirmed or given another category.",
    ),
    MetricSpec(
        "salur_case_hops",
        "gauge",
        ("rule", "version", "model", "outcome", "hops"),
        "Cases by how often they passed from one institution to another.",
    ),
    MetricSpec(
        "salur_transitions_total", "counter", ("outcome", "status"), "History entries counted."
    ),
    MetricSpec(
        "salur_snapshot_timestamp_seconds", "gauge", (), "When the counts were refreshed last."
    ),
    MetricSpec(
        "kafka_consumergroup_lag",
        "gauge",
        ("consumergroup", "topic", "partition"),
        "Records behind the end of a partition.",
    ),
    MetricSpec(
        "salur_consumergroup_oldest_age_seconds",
        "gauge",
        ("consumergroup", "topic"),
        "Age of the oldest record that the group has not processed.",
    ),
)
_KINDS: dict[str, type[MetricWrapperBase]] = {"counter": Counter, "gauge": Gauge}
_BY_NAME = {spec.name: spec for spec in CATALOGUE}


class Telemetry:
    """The metrics of one process, each made once, from the catalogue only."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        # They double the counters of a scrape, and nobody reads them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry or CollectorRegistry(auto_describe=True)
        self._made: dict[str, MetricWrapperBase] = {}

    def counter(self, name: str) -> Counter:
        """Return the counter of this name; KeyError if the catalogue lacks it."""
        return self._get(name, Counter)

    def gauge(self, name: str) -> Gauge:
        """Return the gauge of this name; KeyError if the catalogue lacks it."""
        return self._get(name, Gauge)

    def histogram(self, name: str) -> Histogram:
        """Return the histogram of this name; KeyError if the catalogue lacks it."""
        return self._get(name, Histogram)

    def _get(self, name: str, kind: type[Made]) -> Made:
        if name not in self._made:
            self._made[name] = _make(_BY_NAME[name], self.registry)
        made = self._made[name]
        if not isinstance(made, kind):
            raise TypeError(f"metric {name} is a {_BY_NAME[name].kind} in the catalogue")
        return made


def _make(spec: MetricSpec, registry: CollectorRegistry) -> MetricWrapperBase:
    if spec.kind == "histogram":
        return Histogram(
            spec.name, spec.meaning, spec.labels, buckets=spec.buckets, registry=registry
        )
    return _KINDS[spec.kind](spec.name, spec.meaning, spec.labels, registry=registry)


def configure_logging(service: str, level: str) -> None:
    """Send JSON lines to standard error, one object each, with the service's name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"service": service},
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Each of these repeats at INFO what the stage already says once.
    for noisy in ("aiokafka", "uvicorn", "salur.faststream", "pymongo"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def log_mistake(log: logging.Logger, where: str, error: Exception) -> None:
    """Log an unexpected error by its type and place.

    Its message is left out: that may quote a citizen.
    """
    frames = "".join(traceback.format_tb(error.__traceback__)[-6:])
    log.error("%s failed with %s\n%s", where, type(error).__name__, frames)

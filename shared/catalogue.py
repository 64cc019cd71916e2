"""The metric catalogue: every metric that a process may export, and every label it may have.

Label values are closed sets: no complaint, no person, no free text. A metric that is not here
cannot be made; `deploy/monitoring/METRICS.md` is written from it.
"""

from collections.abc import Mapping, Sequence
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


# What a label may hold, and so how many values there can be.
LABELS: Mapping[str, str] = {
    "agency": "code of an institution of the directory (about 680); `none` for triage",
    "category": "main category, the largest `METRICS_CATEGORIES`; `other`, `none`",
    "channel": "channel of `shared/case.py`: web, app, sms and the like",
    "clock": "legal clock: route, first_follow_up, resolve, resolve_investigation, auto_close",
    "consumergroup": "consumer group of a stage, one of five",
    "direction": "`in` or `out`",
    "door": "path template of a door, never a path that was asked for; or `http`, `kafka`",
    "error": "name of an exception class for what is away for a while",
    "hops": "`0`, `1`, `2`, `3+`",
    "kind": "sign of misrouting, or kind of message to a reporter",
    "level": "who hears of a deadline: warning, holder, parent, supervisor, close",
    "limit": "rate limit: submit, track, wrong, gateway, agency, officer, operator",
    "model": "version of the classifier, the newest `METRICS_VERSIONS`; `older`, `none`",
    "name": "name of the institution in the directory",
    "outcome": "what came of it, from the closed set of that metric",
    "partition": "number of a partition of a topic",
    "reason": "code of a permanent error, such as `not_json`",
    "rule": "rule of the router's table, the largest `METRICS_RULES`; `other`",
    "service": "intake, router, notifier, metrics",
    "stage": "stage, by the name of its consumer group",
    "state": "state of an endpoint or of an erasure",
    "status": "status of a case, one of six; or an HTTP status code",
    "tier": "kementerian, lembaga, bumn, provinsi, kabupaten, kota",
    "topic": "topic that a service reads; two for each institution",
    "version": "version of directory, taxonomy and rules, the newest; or of the program",
    "way": "e-mail or SMS",
}

CATALOGUE = (
    # every process
    MetricSpec(
        "salur_service_info",
        "gauge",
        ("service", "version"),
        "1: this process runs as this service.",
        source=EVERY,
    ),
    # intake
    MetricSpec(
        "salur_http_requests_total",
        "counter",
        ("door", "status"),
        "Requests answered, by door.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_http_request_seconds",
        "histogram",
        ("door",),
        "Time to answer a request.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_complaints_accepted_total",
        "counter",
        ("channel",),
        "Complaints answered with 202.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_actions_forwarded_total",
        "counter",
        ("door",),
        "Actions passed to the router.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_rate_limited_total",
        "counter",
        ("limit",),
        "Requests refused with 429, by limit.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_identity_reads_total",
        "counter",
        ("outcome",),
        "Requests for a reporter's identity, granted and refused.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_erasures", "gauge", ("state",), "Erasures in the ledger, by state.", source=INTAKE
    ),
    MetricSpec(
        "salur_erasures_overdue",
        "gauge",
        (),
        "Open erasures beyond their legal deadline.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_erasures_oldest_open_seconds",
        "gauge",
        (),
        "How long ago the oldest open erasure was asked for.",
        source=INTAKE,
    ),
    # stages
    MetricSpec(
        "salur_stage_records_total",
        "counter",
        ("stage",),
        "Records handled to the end.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_batch_seconds",
        "histogram",
        ("stage",),
        "Time to handle one batch.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_failures_total",
        "counter",
        ("stage", "error"),
        "Batches put back because something was away.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_stopped",
        "gauge",
        ("stage",),
        "1 while the stage waits for `salur resume`.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_partitions",
        "gauge",
        ("stage",),
        "Partitions assigned to this process.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_rebalances_total",
        "counter",
        ("stage",),
        "Assignments received.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_commits_refused_total",
        "counter",
        ("stage",),
        "Commits refused because the group had moved on.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_last_commit_timestamp_seconds",
        "gauge",
        ("stage",),
        "When offsets were committed last.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_dead_letters_total",
        "counter",
        ("stage", "reason"),
        "Records dead-lettered.",
        source=STAGES,
    ),
    # router
    MetricSpec(
        "salur_decisions_total",
        "counter",
        ("rule", "outcome"),
        "Routing decisions, by rule.",
        source=ROUTER,
    ),
    MetricSpec(
        "salur_accepted_to_routed_seconds",
        "histogram",
        (),
        "From acceptance to the acknowledged record on the institution's topic.",
        source=ROUTER,
        buckets=AGE_SECONDS,
    ),
    MetricSpec(
        "salur_not_provisioned_total",
        "counter",
        ("agency",),
        "Complaints in triage because the institution's topic is missing.",
        source=ROUTER,
    ),
    MetricSpec(
        "salur_possible_duplicates_total",
        "counter",
        (),
        "New complaints linked to others that may be about the same thing.",
        source=ROUTER,
    ),
    MetricSpec(
        "salur_deadlines_total",
        "counter",
        ("clock", "level"),
        "Deadlines that passed, by legal clock and who hears.",
        source=ROUTER,
    ),
    MetricSpec(
        "salur_clocks_due",
        "gauge",
        (),
        "Cases of this process's partitions whose next deadline has passed and is not settled.",
        source=ROUTER,
    ),
    MetricSpec(
        "salur_clocks_oldest_due_seconds",
        "gauge",
        (),
        "How long ago the oldest of these deadlines passed; 0 without any.",
        source=ROUTER,
    ),
    # notifier
    MetricSpec(
        "salur_deliveries_total",
        "counter",
        ("outcome",),
        "Attempts to deliver, by outcome.",
        source=NOTIFIER,
    ),
    MetricSpec(
        "salur_delivery_seconds",
        "histogram",
        (),
        "Time of one attempt to deliver.",
        source=NOTIFIER,
    ),
    MetricSpec(
        "salur_reporter_messages_total",
        "counter",
        ("kind", "way", "outcome"),
        "Attempts to tell a reporter, by kind of message; skipped: nobody is to be told any more.",
        source=NOTIFIER,
    ),
    MetricSpec(
        "salur_lanes",
        "gauge",
        ("state",),
        "Endpoints this process works for, by state.",
        source=NOTIFIER,
    ),
    MetricSpec(
        "salur_endpoints",
        "gauge",
        ("agency", "state"),
        "Endpoints that are failing, failed or disabled, by institution; others are not shown.",
        source=NOTIFIER,
    ),
    # metrics
    MetricSpec(
        "salur_cases",
        "gauge",
        ("agency", "status"),
        "Cases by institution and status.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_agency_info",
        "gauge",
        ("agency", "tier", "name"),
        "1 for each institution that has or had cases: its tier and name, to join to.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_transferred_cases",
        "gauge",
        ("agency", "direction"),
        "Cases that an institution has from another, and those that it gave up.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_overdue_cases",
        "gauge",
        ("agency",),
        "Cases that passed a deadline at the institution that holds them.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_cases_by_category",
        "gauge",
        ("category", "status"),
        "Cases by main category and status.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_decided_cases",
        "gauge",
        ("rule", "version", "model", "outcome"),
        "Cases by what the router's first decision was made by, and whether it routed or triaged.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_misrouted_cases",
        "gauge",
        ("rule", "version", "model", "outcome", "kind"),
        "Cases that were transferred, corrected, overruled, confirmed or given another category.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_case_hops",
        "gauge",
        ("rule", "outcome", "hops"),
        "Cases by how often they passed from one institution to another.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_transitions_total",
        "counter",
        ("outcome", "status"),
        "History entries counted.",
        source=METRICS,
    ),
    MetricSpec(
        "salur_snapshot_timestamp_seconds",
        "gauge",
        (),
        "When the counts were refreshed last.",
        source=METRICS,
    ),
    MetricSpec(
        "kafka_consumergroup_lag",
        "gauge",
        ("consumergroup", "topic", "partition"),
        "Records behind the end of a partition.",
        source=METRICS,
        is_table=True,
    ),
    MetricSpec(
        "salur_consumergroup_oldest_age_seconds",
        "gauge",
        ("consumergroup", "topic"),
        "Age of the oldest record that the group has not processed.",
        source=METRICS,
        is_table=True,
    ),
)

BY_NAME = {spec.name: spec for spec in CATALOGUE}
# What the client library tells of the process itself; only on Linux.
PROCESS = (
    MetricSpec("process_virtual_memory_bytes", "gauge", (), "Virtual memory.", source=EVERY),
    MetricSpec("process_resident_memory_bytes", "gauge", (), "Memory in use.", source=EVERY),
    MetricSpec(
        "process_start_time_seconds", "gauge", (), "When the process started.", source=EVERY
    ),
    MetricSpec("process_cpu_seconds_total", "counter", (), "CPU time used.", source=EVERY),
    MetricSpec("process_open_fds", "gauge", (), "Open files and connections.", source=EVERY),
    MetricSpec("process_max_fds", "gauge", (), "Most files and connections.", source=EVERY),
)

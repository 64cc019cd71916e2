"""What every process with a stage exports."""

from shared.telemetry.metric_spec import STAGES, MetricSpec

ROWS = (
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
        "Partitions of the stage that wait for `salur resume`.",
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
        "salur_stage_lost_records_total",
        "counter",
        ("stage",),
        "Records that Kafka deleted before this process could read them.",
        source=STAGES,
    ),
    MetricSpec(
        "salur_stage_heartbeat_age_seconds",
        "gauge",
        ("stage",),
        "How long ago the group answered this process last.",
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
    MetricSpec(
        "salur_refused_records_total",
        "counter",
        ("stage", "reason"),
        "Records dropped, their senders told why: not for them to ask, or too much.",
        source=STAGES,
    ),
)

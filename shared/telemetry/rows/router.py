"""What the router exports."""

from shared.telemetry.metric_spec import AGE_SECONDS, ROUTER, MetricSpec

ROWS = (
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
)

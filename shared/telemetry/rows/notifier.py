"""What the notifier exports."""

from shared.telemetry.metric_spec import NOTIFIER, MetricSpec

ROWS = (
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
        "Attempts to tell a reporter, by kind of message; skipped: nobody is to be told any more;"
        " capped: the contact has had enough for the day.",
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
        "Endpoints that are failing, failed or disabled, by institution; others are not shown."
        " unreadable: 1 where its subscription cannot be read.",
        source=NOTIFIER,
    ),
)

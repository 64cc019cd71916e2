"""What intake exports."""

from shared.telemetry.metric_spec import INTAKE, MetricSpec

ROWS = (
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
        "salur_requests_shed_total",
        "counter",
        ("lane",),
        "Requests refused at once, before anything was written, by whose they were.",
        source=INTAKE,
    ),
    MetricSpec(
        "salur_expected_wait_seconds",
        "gauge",
        (),
        "How long a complaint more would wait for its answer.",
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
        "salur_republished_complaints_total",
        "counter",
        (),
        "Accepted complaints without a case that were said again, from the vault.",
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
        "salur_erasures",
        "gauge",
        ("state",),
        "Erasures that are not over, by state.",
        source=INTAKE,
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
)

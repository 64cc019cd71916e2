"""Flow: a complaint's way through the stages, its rate, its errors and its age at each."""

from deploy.dev.dashboards.panel import NAMESPACE, Board, Panel, Query, Row, number

_QUANTILE = "histogram_quantile({q}, sum by (le) (rate({name}_bucket{{" + NAMESPACE + "}}[5m])))"


def _quantiles(name: str) -> tuple[Query, ...]:
    return tuple(
        Query(_QUANTILE.format(q=q, name=name), legend)
        for q, legend in ((0.5, "half"), (0.95, "95 of 100"), (0.99, "99 of 100"))
    )


NOW = Row(
    "Now",
    (
        number(
            "Accepted",
            f"sum(channel:salur_accepted:rate5m{{{NAMESPACE}}})",
            "cps",
            "Complaints answered with 202, a second.",
        ),
        number(
            "Oldest before the router",
            "max(consumergroup:salur_oldest_age_seconds:max"
            f'{{{NAMESPACE}, consumergroup="router"}})',
            "s",
            "How long the oldest complaint or action has waited for the router.",
            alert="SalurRecordsWait",
            limits=(60, 300),
        ),
        number(
            "Later than 60 s, last hour",
            f"max(salur_promise:late_ratio:rate1h{{{NAMESPACE}}})",
            "percentunit",
            "Share of complaints that took more than 60 s from acceptance to the institution's"
            " topic; 0.5 % is promised.",
            alert="SalurPromiseBurnsFast",
            limits=(0.005, 0.072),
        ),
        number(
            "Stages stopped",
            f"sum(sum by (namespace, stage) (salur_stage_stopped{{{NAMESPACE}}}))",
            "none",
            "Stages that wait for `salur resume`.",
            alert="SalurStageStopped",
            limits=(1, 1),
        ),
        number(
            "Dead letters, 24 h",
            f"sum(stage:salur_dead_letters:increase1d{{{NAMESPACE}}})",
            "short",
            "Records set aside in the last day; `salur dead-letters list` shows them.",
            alert="SalurDeadLetters",
            limits=(1, 100),
        ),
        number(
            "In triage",
            f'sum(salur_cases{{{NAMESPACE}, agency="none"}})',
            "short",
            "Cases that no institution has.",
        ),
    ),
)
ALERTS = Row(
    "Alerts",
    (
        Panel(
            "Firing",
            (
                Query(
                    "sum by (alertname, severity, service, stage, consumergroup, agency)"
                    f' (ALERTS{{{NAMESPACE}, alertname=~"Salur.*", alertstate="firing"}})'
                ),
            ),
            "none",
            "What fires now; each has its section in the runbook.",
            kind="table",
            width=24,
        ),
    ),
)
ACCEPTANCE = Row(
    "Acceptance",
    (
        Panel(
            "Accepted by channel",
            (
                Query(
                    f"sum by (channel) (channel:salur_accepted:rate5m{{{NAMESPACE}}})",
                    "{{channel}}",
                ),
            ),
            "cps",
            "Complaints answered with 202.",
            stacked=True,
        ),
        Panel(
            "Answers by status",
            (
                Query(
                    f"sum by (status) (door:salur_http_requests:rate5m{{{NAMESPACE}}})",
                    "{{status}}",
                ),
            ),
            "reqps",
            "All requests under /v1; 503 is told while the broker or the database is away.",
            alert="SalurIntakeErrors",
            stacked=True,
        ),
        Panel(
            "Time to answer",
            _quantiles("salur_http_request_seconds"),
            "s",
            "Of all doors; a complaint's includes the broker's acknowledgement.",
        ),
        Panel(
            "Refused by rate limit",
            (
                Query(
                    f"sum by (limit) (rate(salur_rate_limited_total{{{NAMESPACE}}}[5m]))",
                    "{{limit}}",
                ),
            ),
            "reqps",
            "Requests answered with 429.",
        ),
        Panel(
            "Actions",
            (
                Query(
                    f"sum by (door) (rate(salur_actions_forwarded_total{{{NAMESPACE}}}[5m]))",
                    "{{door}}",
                ),
            ),
            "cps",
            "Actions of people and institutions passed to the router, by HTTP and by Kafka.",
        ),
        Panel(
            "Identity read",
            (
                Query(
                    f"sum by (outcome) (outcome:salur_identity_reads:increase1h{{{NAMESPACE}}})",
                    "{{outcome}}",
                ),
            ),
            "short",
            "Requests for a reporter's identity in an hour; each is in the audit.",
        ),
    ),
)
ROUTING = Row(
    "Routing",
    (
        Panel(
            "Acceptance to institution's topic",
            _quantiles("salur_accepted_to_routed_seconds"),
            "s",
            "From acceptance to the acknowledged record on the institution's topic.",
            alert="SalurPromiseBurnsFast",
        ),
        Panel(
            "Share later than 60 s",
            tuple(
                Query(f"max(salur_promise:late_ratio:rate{span}{{{NAMESPACE}}})", span)
                for span in ("5m", "1h", "6h", "3d")
            ),
            "percentunit",
            "0.5 % is promised over a month.",
            alert="SalurPromiseBurnsSlowly",
        ),
        Panel(
            "Decisions by outcome",
            (
                Query(
                    f"sum by (outcome) (rate(salur_decisions_total{{{NAMESPACE}}}[5m]))",
                    "{{outcome}}",
                ),
            ),
            "cps",
            "What the router did with new complaints.",
            stacked=True,
        ),
        Panel(
            "Age of the oldest record",
            (
                Query(
                    "max by (consumergroup) (consumergroup:salur_oldest_age_seconds:max"
                    f"{{{NAMESPACE}}})",
                    "{{consumergroup}}",
                ),
            ),
            "s",
            "Not processed by its group, measured from outside.",
            alert="SalurRecordsWait",
        ),
        Panel(
            "Lag",
            (
                Query(
                    f"sum by (consumergroup) (consumergroup:kafka_lag:sum{{{NAMESPACE}}})",
                    "{{consumergroup}}",
                ),
            ),
            "short",
            "Records before each group.",
            alert="SalurStageStuck",
        ),
        Panel(
            "Dead letters",
            (
                Query(
                    f"sum by (stage, reason) (stage:salur_dead_letters:increase15m{{{NAMESPACE}}})",
                    "{{stage}}: {{reason}}",
                ),
            ),
            "short",
            "Set aside in 15 minutes, by reason.",
            alert="SalurDeadLetters",
        ),
    ),
)
DELIVERY = Row(
    "Delivery",
    (
        Panel(
            "Deliveries by outcome",
            (
                Query(
                    f"sum by (outcome) (rate(salur_deliveries_total{{{NAMESPACE}}}[5m]))",
                    "{{outcome}}",
                ),
            ),
            "cps",
            "Attempts to reach institutions by webhook and e-mail.",
            alert="SalurDeliveriesFail",
            stacked=True,
        ),
        Panel(
            "Time of one attempt",
            _quantiles("salur_delivery_seconds"),
            "s",
            "A slow endpoint delays only itself.",
        ),
        Panel(
            "Messages to reporters",
            (
                Query(
                    "sum by (way, outcome)"
                    f" (rate(salur_reporter_messages_total{{{NAMESPACE}}}[5m]))",
                    "{{way}}: {{outcome}}",
                ),
            ),
            "cps",
            "Attempts to tell reporters how their case goes.",
        ),
    ),
)
# After the others: numbers of panels stay.
OVERLOAD = Row(
    "Overload and recovery",
    (
        Panel(
            "Refused at once",
            (
                Query(
                    f"sum by (lane) (rate(salur_requests_shed_total{{{NAMESPACE}}}[5m]))",
                    "{{lane}}",
                ),
            ),
            "reqps",
            "Requests that would have waited too long, by whose they were; nothing was written.",
            alert="SalurIntakeErrors",
            stacked=True,
        ),
        Panel(
            "Expected wait",
            (
                Query(
                    f"max by (instance) (salur_expected_wait_seconds{{{NAMESPACE}}})",
                    "{{instance}}",
                ),
            ),
            "s",
            "How long a complaint more would wait at each intake;"
            " beyond `INTAKE_MOST_WAIT_SECONDS` it is refused.",
            alert="SalurIntakeErrors",
        ),
        Panel(
            "Said again",
            (
                Query(
                    f"sum(increase(salur_republished_complaints_total{{{NAMESPACE}}}[1h]))",
                    "complaints",
                ),
            ),
            "short",
            "Accepted complaints without a case that intake published again in an hour.",
            alert="SalurRecordsLost",
        ),
    ),
)
BOARD = Board(
    uid="salur-flow",
    title="Salur: flow",
    about="A complaint's way: rate, errors and age at each stage.",
    rows=(NOW, ALERTS, ACCEPTANCE, ROUTING, DELIVERY, OVERLOAD),
)

"""Agencies: who is late, whose endpoints fail, and how one institution does."""

from deploy.dev.dashboards.panel import NAMESPACE, Board, Panel, Query, Row

OWN = f'{NAMESPACE}, agency=~"$agency"'
OF_TIER = f'{OWN}, tier=~"$tier"'
NAMED = (
    " * on (namespace, agency) group_left (name)"
    f" max by (namespace, agency, name) (salur_agency_info{{{OF_TIER}}})"
)


def _column(promql: str, heading: str) -> Query:
    return Query(f"sum by (agency, name) ({promql}{NAMED})", heading)


LATE = Row(
    "Who is late",
    (
        Panel(
            "Institutions",
            (
                _column(f"agency:salur_overdue:ratio{{{OWN}}}", "overdue"),
                _column(f"sum by (namespace, agency) (salur_cases{{{OWN}}})", "received"),
                _column(
                    f'sum by (namespace, agency) (salur_cases{{{OWN}, status="routed"}})',
                    "nothing done",
                ),
                _column(f"sum without (tier) (agency:salur_follow_up:ratio{{{OWN}}})", "follow-up"),
                _column(
                    f"sum without (tier) (agency:salur_completion:ratio{{{OWN}}})", "completion"
                ),
            ),
            "short",
            "All cases there are, by the institution that holds them. The league of a period is at"
            " /league of the metrics service.",
            kind="table",
            width=24,
        ),
        Panel(
            "Largest share overdue",
            (
                Query(
                    f"topk(15, sum by (agency) (agency:salur_overdue:ratio{{{OWN}}})"
                    f" and on (agency) sum by (agency) (agency:salur_cases_asked:sum{{{OF_TIER}}})"
                    " >= 30)",
                    "{{agency}}",
                ),
            ),
            "percentunit",
            "Of institutions that were asked at least 30 times.",
            kind="bars",
            width=12,
        ),
        Panel(
            "Most cases without follow-up",
            (
                Query(
                    f'topk(15, sum by (agency) (salur_cases{{{OWN}, status="routed"}})'
                    " * on (agency) group_left ()"
                    f" max by (agency) (salur_agency_info{{{OF_TIER}}}))",
                    "{{agency}}",
                ),
            ),
            "short",
            "Cases that the institution has and has not touched.",
            kind="bars",
            width=12,
        ),
    ),
)
DELIVERY = Row(
    "Delivery",
    (
        Panel(
            "Endpoints in trouble",
            (Query(f"sum by (agency, state) (salur_endpoints{{{OWN}}})"),),
            "short",
            "failing: tried again at longer and longer times; failed: what waits is parked;"
            " disabled: it answered 410. One that is well is not shown.",
            kind="table",
            width=8,
            alert="SalurEndpointFailed",
        ),
        Panel(
            "Lanes by state",
            (Query(f"sum by (state) (salur_lanes{{{NAMESPACE}}})", "{{state}}"),),
            "short",
            "Endpoints of all institutions, by how they do.",
        ),
        Panel(
            "Without a topic",
            (
                Query(
                    f"sum by (agency) (agency:salur_not_provisioned:increase15m{{{OWN}}}) > 0",
                    "{{agency}}",
                ),
            ),
            "short",
            "Complaints of 15 minutes that went to triage because the topic is missing.",
            alert="SalurInstitutionNotProvisioned",
        ),
        Panel(
            "Longest queues before the notifier",
            (
                Query(
                    "topk(10, sum by (topic) (kafka_consumergroup_lag"
                    f'{{{NAMESPACE}, consumergroup="notifier"}}) > 0)',
                    "{{topic}}",
                ),
            ),
            "short",
            "Records on institutions' topics that are no delivery yet.",
            width=12,
        ),
        Panel(
            "Actions that wait",
            (
                Query(
                    "topk(10, sum by (topic) (kafka_consumergroup_lag"
                    f'{{{NAMESPACE}, consumergroup="intake"}}) > 0)',
                    "{{topic}}",
                ),
            ),
            "short",
            "Records of institutions that intake has not taken; a stop closes one topic alone.",
            width=12,
            alert="SalurStageStopped",
        ),
    ),
)
ONE = Row(
    "The chosen institutions",
    (
        Panel(
            "Cases by status",
            (
                Query(
                    f"sum by (status) (salur_cases{{{OWN}}} * on (namespace, agency) group_left ()"
                    f" max by (namespace, agency) (salur_agency_info{{{OF_TIER}}}))",
                    "{{status}}",
                ),
            ),
            "short",
            "Held now.",
            stacked=True,
        ),
        Panel(
            "Rates",
            tuple(
                Query(
                    f"sum(agency:salur_cases_{name}:sum{{{OF_TIER}}})"
                    f" / sum(agency:salur_cases_asked:sum{{{OF_TIER}}})",
                    legend,
                )
                for name, legend in (("followed_up", "follow-up"), ("completed", "completion"))
            ),
            "percentunit",
            "Of all that was asked: received without postponed and archived.",
        ),
        Panel(
            "Transferred",
            (
                Query(
                    f"sum by (direction) (salur_transferred_cases{{{OWN}}})",
                    "{{direction}}",
                ),
            ),
            "short",
            "Cases that came from another institution, and those that were given up.",
        ),
    ),
)
BOARD = Board(
    uid="salur-agencies",
    title="Salur: agencies",
    about="Who is late, and how deliveries stand.",
    rows=(LATE, DELIVERY, ONE),
    chooses=("tier", "agency"),
    since="now-7d",
)

"""Nation: the league, categories and their spikes, tiers, and how well the router decides."""

from deploy.dev.dashboards.panel import NAMESPACE, Board, Panel, Query, Row, number

CATEGORIES = f"sum by (category) (salur_cases_by_category{{{NAMESPACE}}})"
BEFORE = "sum by (category) (salur_cases_by_category{{" + NAMESPACE + "}} offset {span})"
OF_TIER = f'{NAMESPACE}, tier=~"$tier"'
MANY = f"sum by (agency) (agency:salur_cases_asked:sum{{{OF_TIER}}}) >= 30"

ALL = Row(
    "All institutions",
    (
        number("Received", f"sum(salur_cases{{{NAMESPACE}}})", "short", "All cases there are."),
        number(
            "Completion",
            f"max(nation:salur_completion:ratio{{{NAMESPACE}}})",
            "percentunit",
            "Completed, of received without postponed and archived.",
        ),
        number(
            "Follow-up",
            f"max(nation:salur_follow_up:ratio{{{NAMESPACE}}})",
            "percentunit",
            "In progress or completed, of the same.",
        ),
        number(
            "In triage",
            f"max(nation:salur_triage:ratio{{{NAMESPACE}}})",
            "percentunit",
            "Share that no institution has.",
        ),
        number(
            "Possible duplicates, 24 h",
            f"sum(increase(salur_possible_duplicates_total{{{NAMESPACE}}}[24h]))",
            "short",
            "New complaints that may be about what others are about.",
        ),
        number(
            "Erasures overdue",
            f"max(salur_erasures_overdue{{{NAMESPACE}}})",
            "none",
            "Open erasures beyond their legal deadline.",
            alert="SalurErasuresOverdue",
            limits=(1, 1),
        ),
    ),
)
LEAGUE = Row(
    "League",
    (
        Panel(
            "Completion by tier",
            (Query(f"max by (tier) (tier:salur_completion:ratio{{{OF_TIER}}})", "{{tier}}"),),
            "percentunit",
            "All cases there are.",
            kind="bars",
        ),
        Panel(
            "Highest completion",
            (
                Query(
                    f"topk(15, sum by (agency) (agency:salur_completion:ratio{{{OF_TIER}}})"
                    f" and on (agency) {MANY})",
                    "{{agency}}",
                ),
            ),
            "percentunit",
            "Of institutions that were asked at least 30 times; the league itself, by period and"
            " with ranks, is at /league.",
            kind="bars",
        ),
        Panel(
            "Lowest completion",
            (
                Query(
                    f"bottomk(15, sum by (agency) (agency:salur_completion:ratio{{{OF_TIER}}})"
                    f" and on (agency) {MANY})",
                    "{{agency}}",
                ),
            ),
            "percentunit",
            "Of institutions that were asked at least 30 times.",
            kind="bars",
        ),
        Panel(
            "Follow-up by tier",
            (Query(f"max by (tier) (tier:salur_follow_up:ratio{{{OF_TIER}}})", "{{tier}}"),),
            "percentunit",
            "How it moves.",
            width=12,
        ),
        Panel(
            "Deadlines that passed",
            (
                Query(
                    "sum by (clock, level)"
                    f" (rate(salur_deadlines_total{{{NAMESPACE}}}[1h])) * 3600",
                    "{{clock}}: {{level}}",
                ),
            ),
            "short",
            "An hour, by legal clock and who hears.",
            width=12,
            alert="SalurClocksOverdue",
        ),
    ),
)
SUBJECTS = Row(
    "Categories and spikes",
    (
        Panel(
            "Largest categories",
            (Query(f"topk(15, {CATEGORIES})", "{{category}}"),),
            "short",
            "All cases there are, by main category.",
            kind="bars",
        ),
        Panel(
            "More than a day before",
            (Query(f"topk(15, {CATEGORIES} - {BEFORE.format(span='1d')})", "{{category}}"),),
            "short",
            "Cases that came in 24 hours.",
            kind="bars",
        ),
        Panel(
            "Spikes",
            (
                Query(
                    f"topk(10, ({CATEGORIES} - {BEFORE.format(span='1d')})"
                    f" / (({CATEGORIES} - {BEFORE.format(span='7d')}) / 7 > 10))",
                    "{{category}}",
                ),
            ),
            "short",
            "How many times the mean day of the last week came in 24 hours: 1 is usual. Only where"
            " a mean day has more than 10.",
        ),
    ),
)
DECISIONS = Row(
    "Decisions",
    (
        Panel(
            "Rules that misroute most",
            (
                Query(
                    f"topk(10, max by (rule) (rule:salur_misrouted:ratio{{{NAMESPACE}}})"
                    " and on (rule) sum by (rule)"
                    f' (salur_decided_cases{{{NAMESPACE}, outcome="routed"}}) >= 30)',
                    "{{rule}}",
                ),
            ),
            "percentunit",
            "Share of routed cases that were transferred or corrected, of rules with at least 30.",
            kind="bars",
        ),
        Panel(
            "Triage by rule",
            (
                Query(
                    "topk(10, sum by (rule)"
                    f' (rate(salur_decisions_total{{{NAMESPACE}, outcome="triaged"}}[1h])) * 3600)',
                    "{{rule}}",
                ),
            ),
            "short",
            "Complaints of an hour that the router was not sure about, by what made it so.",
        ),
        Panel(
            "Passed on",
            (Query(f"sum by (hops) (salur_case_hops{{{NAMESPACE}}})", "{{hops}} times"),),
            "short",
            "Cases by how often they passed from one institution to another.",
            kind="bars",
        ),
    ),
)
BOARD = Board(
    uid="salur-nation",
    title="Salur: nation",
    about="League, categories and their spikes, tiers, and how well the router decides.",
    rows=(ALL, LEAGUE, SUBJECTS, DECISIONS),
    chooses=("tier",),
    since="now-7d",
)

"""Dashboards written out as Grafana's JSON, by the typed builders of its own schema.

No data source is named: `$datasource` chooses one. The runbook's place is a variable too, since it
differs between installations.
"""

import itertools
import json

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.dev.dashboards.panel import Board, Panel
from services.metrics.domain.facts import Tier

SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
RUNBOOK = "deploy/README.md"
HEIGHT, LOW = 8, 4
Builder = timeseries.Panel | stat.Panel | bargauge.Panel | table.Panel


def written(board: Board) -> str:
    """Return the dashboard's JSON, the same for the same board."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.about)
        .tags(["salur"])
        .time(board.since, "now")
        .refresh("30s")
        .timezone("browser")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(_to_the_others())
        .variables([*_usual(), *(_CHOICES[name]() for name in board.chooses), _runbook()])
    )
    numbers = itertools.count(1)  # ids that stay: links to a panel hold them
    for row in board.rows:
        made.with_row(dashboard.Row(row.title).id(next(numbers)))
        for panel in row.panels:
            made.with_panel(_panel(panel, next(numbers)))
    return json.dumps(made.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _panel(panel: Panel, number: int) -> Builder:
    made = _of_kind(panel)
    made.id(number)
    made.title(panel.title)
    made.description(panel.about)
    made.datasource(SOURCE)
    made.unit(panel.unit)
    made.span(panel.width)
    made.height(LOW if panel.kind == "number" else HEIGHT)
    for place, (legend, promql) in enumerate(panel.queries.items()):
        made.with_target(_target(promql, legend, chr(ord("A") + place), kind=panel.kind))
    if panel.alert is not None:
        link = dashboard.DashboardLink(f"Runbook: {panel.alert}")
        made.links([link.url(f"${{runbook}}#{panel.alert.lower()}").target_blank(True)])
    if panel.limits is not None:
        made.thresholds(_limits(*panel.limits))
    return made


def _of_kind(panel: Panel) -> Builder:
    match panel.kind:
        case "number":
            return stat.Panel().graph_mode(common_models.BigValueGraphMode.AREA)
        case "bars":
            return bargauge.Panel().orientation(common_models.VizOrientation.HORIZONTAL)
        case "table":
            return _table(panel)
        case "time":
            made = timeseries.Panel().fill_opacity(10).line_width(1)
            made.legend(common.VizLegendOptions().show_legend(True).placement(_BELOW))
            if panel.stacked:
                made.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
            return made


_BELOW = common_models.LegendPlacement.BOTTOM


def _table(panel: Panel) -> table.Panel:
    made = table.Panel().show_header(True)
    if len(panel.queries) > 1:
        made.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    headings = {f"Value #{chr(ord('A') + at)}": one for at, one in enumerate(panel.queries)}
    options = {"excludeByName": {"Time": True}, "renameByName": headings, "indexByName": {}}
    made.with_transformation(models.DataTransformerConfig(id_val="organize", options=options))
    shares = "/overdue|follow-up|completion/"
    return made.override_by_regexp(
        shares, [models.DynamicConfigValue(id_val="unit", value="percentunit")]
    )


def _target(promql: str, legend: str, ref: str, *, kind: str) -> prometheus.Dataquery:
    made = prometheus.Dataquery().expr(promql).ref_id(ref).datasource(SOURCE)
    if kind == "table":
        return made.instant().format(PromQueryFormat.TABLE)
    if kind == "bars":
        made.instant()
    else:
        made.range()
    return made.legend_format(legend or "__auto")


def _limits(orange: float, red: float) -> dashboard.ThresholdsConfig:
    steps = [
        models.Threshold(value=None, color="green"),
        models.Threshold(value=orange, color="orange"),
        models.Threshold(value=red, color="red"),
    ]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _to_the_others() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Salur").type(models.DashboardLinkType.DASHBOARDS)
    return link.tags(["salur"]).include_vars(True).keep_time(True)


def _usual() -> list[dashboard.DatasourceVariable | dashboard.QueryVariable]:
    source = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    return [source, _query("namespace", "Namespace", "label_values(salur_service_info, namespace)")]


def _agency() -> dashboard.QueryVariable:
    query = 'label_values(salur_agency_info{namespace=~"$namespace", tier=~"$tier"}, agency)'
    return _query("agency", "Institution", query)


def _tier() -> dashboard.CustomVariable:
    made = dashboard.CustomVariable("tier").label("Tier")
    made.values(",".join(tier for tier in Tier if tier != Tier.NONE))
    return made.include_all(True).all_value(".*").multi(True).current(_ALL)


def _runbook() -> dashboard.TextBoxVariable:
    return dashboard.TextBoxVariable("runbook").label("Runbook").default_value(RUNBOOK)


def _query(name: str, label: str, query: str) -> dashboard.QueryVariable:
    # `.*` matches a missing label too: outside of a cluster there is no namespace.
    made = dashboard.QueryVariable(name).label(label).query(query).datasource(SOURCE)
    made.include_all(True).all_value(".*").multi(True).current(_ALL)
    made.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    return made.sort(models.VariableSort.ALPHABETICAL_ASC)


_ALL = models.VariableOption(text="All", value="$__all", selected=True)
_CHOICES = {"agency": _agency, "tier": _tier}

"""What PromQL asks for: names of metrics, and the labels it expects each to have."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
import yaml

from deploy.dev.generators.tree import DASHBOARDS, RULES
from shared.telemetry.catalogue import CATALOGUE, PROCESS

# What Prometheus makes itself.
OWN = {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped"}
SUFFIXES = ("_bucket", "_count", "_sum")
HISTOGRAMS = {spec.name for spec in CATALOGUE if spec.kind == "histogram"}
LABELS = {spec.name: set(spec.labels) for spec in (*CATALOGUE, *PROCESS)}


def selectors(promql: str) -> Mapping[str, set[str]]:
    """Return each metric that a query names, with the labels by which it is selected."""
    found: defaultdict[str, set[str]] = defaultdict(set)

    def visit(node: promql_parser.Expr) -> None:
        chosen = getattr(node, "vector_selector", node)
        if isinstance(chosen, promql_parser.VectorSelector) and chosen.name:
            found[chosen.name] |= {matcher.name for matcher in chosen.matchers.matchers}

    promql_parser.walk(promql_parser.parse(promql), visit)
    return found


def base(name: str) -> str:
    """Return the metric that a series belongs to: a histogram has three kinds of them."""
    for suffix in SUFFIXES:
        if name.removesuffix(suffix) in HISTOGRAMS:
            return name.removesuffix(suffix)
    return name


def rules() -> Iterator[dict[str, Any]]:
    """Yield every rule, recording and alerting."""
    for path in sorted(RULES.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def recorded() -> set[str]:
    """Return the names that recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}


def alerts() -> list[dict[str, Any]]:
    """Return the alerting rules."""
    return [rule for rule in rules() if "alert" in rule]


def dashboards() -> Mapping[str, dict[str, Any]]:
    """Return the committed dashboards by name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(DASHBOARDS.glob("*.json"))
    }


def panels(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, without the headings of its rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def all_queries() -> Mapping[str, str]:
    """Return every query of rules and dashboards, by where it stands."""
    found = {
        f"{rule.get('record') or rule['alert']}/{rule.get('labels', {}).get('severity', '')}": str(
            rule["expr"]
        )
        for rule in rules()
    }
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                found[f"{name}: {panel['title']}, {target['refId']}"] = target["expr"]
    return found

"""Dashboards: Grafana's own schema knows all that they hold, and they fit any installation."""

import json
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.dev.dashboards import BOARDS
from deploy.dev.generators.generated_files import GENERATED, stale
from deploy.dev.generators.tree import DASHBOARDS, MONITORING
from tests.deployment.queries import alerts, dashboards, panels

pytestmark = pytest.mark.deployment
NAMES = sorted(dashboards())
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def read_again(dashboard: dict[str, Any]) -> Any:
    """Return a dashboard as Grafana's schema understands it; what it does not know is lost."""
    register_default_plugins()
    return json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))


def everything(value: Any) -> list[Any]:
    """Return a JSON value and all that it holds."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for one in inner for found in everything(one))]


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_knows_every_field(name: str) -> None:
    dashboard = dashboards()[name]

    assert read_again(dashboard) == dashboard


def test_a_field_that_the_schema_does_not_know_is_seen() -> None:
    dashboard = dashboards()[NAMES[0]]
    panels(dashboard)[0]["targets"][0]["expression"] = "up"

    assert read_again(dashboard) != dashboard


def test_the_committed_dashboards_are_those_of_the_code() -> None:
    ours = [one for one in GENERATED if one.path.parent in (DASHBOARDS, MONITORING)]

    assert {one.path.stem for one in ours} == {*BOARDS, "METRICS"}
    assert stale(ours) == []
    assert set(NAMES) == set(BOARDS)


@pytest.mark.parametrize("name", NAMES)
def test_no_data_source_is_fixed(name: str) -> None:
    sources = [
        one["datasource"]
        for one in everything(dashboards()[name])
        if isinstance(one, dict) and "datasource" in one
    ]

    assert sources
    assert all(source == SOURCE for source in sources)


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_a_unit_words_and_a_query_of_its_namespace(name: str) -> None:
    for panel in panels(dashboards()[name]):
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        for target in panel["targets"]:
            assert 'namespace=~"$namespace"' in target["expr"], panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_that_is_used_can_be_chosen(name: str) -> None:
    dashboard = dashboards()[name]
    known = [one["name"] for one in dashboard["templating"]["list"]]
    text = json.dumps(dashboard)

    assert known[:2] == ["datasource", "namespace"]
    assert len(known) == len(set(known))
    for variable in ("namespace", "agency", "tier"):
        assert (f"${variable}" in text) == (variable in known)


def test_addresses_and_numbers_of_panels_stay() -> None:
    found = dashboards()

    assert {one["uid"] for one in found.values()} == {f"salur-{name}" for name in NAMES}
    for dashboard in found.values():
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert ids == list(range(1, len(ids) + 1))


def test_panels_lead_to_the_runbook_of_alerts_that_exist() -> None:
    anchors = {one["alert"].lower() for one in alerts()}
    links = [
        link["url"]
        for dashboard in dashboards().values()
        for panel in panels(dashboard)
        for link in panel.get("links") or ()
    ]

    assert {link.partition("#")[0] for link in links} == {"${runbook}"}
    assert {link.partition("#")[2] for link in links} <= anchors
    assert len(set(links)) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_panels_lie_beside_each_other_and_never_on_top(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboards()[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + across, place["y"] + down)
            for across in range(place["w"])
            for down in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells

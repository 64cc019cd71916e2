"""A real Prometheus beside a running system: the league's rates, and an alert that comes and goes.

It has the shipped rules; only their windows are those of a test.
"""

import asyncio
import json
import re
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from deploy.dev.local.parts import running
from deploy.dev.local.stack import Stack
from deploy.dev.replay.categories import read_subjects
from deploy.dev.replay.plan import plan
from deploy.dev.replay.run import Replay, Screen, options
from deploy.dev.replay.scale import scaled
from deploy.dev.replay.scenarios import scenario_of
from deploy.operate.intake_client.form_columns import Form
from deploy.processes import PartFailed, wait_until
from shared.contracts.topics import SERVICES
from tests.deployment.queries import dashboards, panels
from tests.support.programs.prometheus import PROGRAM, Prometheus, main
from tests.tools.devtools import Tab

pytestmark = [pytest.mark.tools, pytest.mark.timeout(300)]
SCENARIO = scenario_of("kepri-2022")
SCALE = Fraction(1, 20)
RATES = {"completion": "completion", "follow_up": "follow_up"}
MISSING = 'ALERTS{alertname="SalurServiceMissing"}'
WAITING = 'ALERTS{alertname="SalurRecordsWait"}'
# What this system has no reason to show: nothing fails or is refused, nobody is told, no
# institution has an endpoint or lacks its topic. All else must be there.
NOTHING = {
    "agencies: Endpoints in trouble, A",
    "agencies: Without a topic, A",
    "flow: Dead letters, 24 h, A",
    "flow: Dead letters, A",
    "flow: Deliveries by outcome, A",
    "flow: Firing, A",
    "flow: Identity read, A",
    "flow: Messages to reporters, A",
    "flow: Refused at once, A",
    "flow: Refused by rate limit, A",
    "internals: Batches put back, A",
    "internals: Commits refused, A",
    "internals: Refused records, A",
}
ROUTED = "salur_accepted_to_routed_seconds_count"
NOWHERE: Form = {}  # which a triage officer must find a place for
ROUTER = {"service": "router", "consumergroup": "router"}


def shortened(rules: str) -> str:
    """Return the rules with the windows of a test: what must hold for minutes holds for seconds."""
    text = re.sub(r"(?m)^( +for:) \d+[mh]$", r"\1 2s", rules)
    text, changed = re.subn(r'(router\|notifier\|intake"}) > 300', r"\1 > 4", text)
    assert changed or "salur-stages" not in text
    return text


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return a system that has lived through a scenario."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(options(folder, SCENARIO)) as stack:
        reports = plan(scaled(SCENARIO, SCALE), 1, read_subjects())
        replay = Replay(stack, SCENARIO, scale=SCALE)
        silent = Screen(lambda _: None, lambda _: None, lambda: None)
        assert all(one.is_right for one in asyncio.run(replay.run(reports, silent)))
        yield stack


@pytest.fixture(scope="module")
def prometheus(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    jobs = {name: [one.url.removeprefix("http://") for one in stack.of(name)] for name in SERVICES}
    part = Prometheus(tmp_path_factory.mktemp("prometheus"), jobs, change=shortened)
    with running(part):
        yield part


def by(part: Prometheus, promql: str, label: str) -> dict[str, float]:
    """Return the values of a query by one label."""
    return {dict(labels)[label]: value for labels, value in part.ask(promql).items()}


def firing(part: Prometheus, selector: str) -> list[Mapping[str, str]]:
    """Return the labels of an alert's series that fire."""
    return [one for labels in part.ask(selector) if (one := dict(labels))["alertstate"] == "firing"]


def is_firing(part: Prometheus, selector: str) -> bool:
    return firing(part, selector) != []


def is_over(part: Prometheus, selector: str) -> bool:
    return part.ask(selector) == {}


def league(stack: Stack, rate: str) -> dict[str, float]:
    """Return the rates of the provinces as the league has them."""
    url = f"{stack.url('metrics')}/league.json?period=2022&tier=provinsi&by={rate}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        lines = json.load(answer)["lines"]
    shares = {line["code"]: line[rate] for line in lines}
    return {
        code: share["numerator"] / share["denominator"]
        for code, share in shares.items()
        if share["denominator"]
    }


def test_every_service_is_scraped(prometheus: Prometheus) -> None:
    wait_until(
        lambda: by(prometheus, "up", "job") == dict.fromkeys(SERVICES, 1.0),
        "all four services are up",
        timeout=30,
    )
    wait_until(
        lambda: set(by(prometheus, "salur_service_info", "service")) == set(SERVICES),
        "each tells which service it is",
        timeout=30,
    )


@pytest.mark.parametrize("rate", RATES)
def test_recording_rules_give_the_rates_of_the_league(
    stack: Stack, prometheus: Prometheus, rate: str
) -> None:
    wanted = league(stack, rate)

    assert len(wanted) > 20
    assert 0 < wanted["prov-21"] <= 1
    wait_until(
        lambda: by(prometheus, f"agency:salur_{rate}:ratio", "agency") == pytest.approx(wanted),
        f"the league's {rate} rates of all provinces",
        timeout=30,
    )


def test_the_nations_rate_is_that_of_all_cases(stack: Stack, prometheus: Prometheus) -> None:
    query = 'sum(salur_cases{status="completed"}) / sum(salur_cases{status!~"postponed|archived"})'

    def is_recorded() -> bool:
        recorded = prometheus.ask("nation:salur_completion:ratio")
        return list(recorded.values()) == list(prometheus.ask(query).values()) != []

    wait_until(is_recorded, "the rate of all institutions and of triage", timeout=30)


def test_every_rule_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    def health() -> set[str]:
        with urllib.request.urlopen(f"{prometheus.url}/api/v1/rules", timeout=10) as answer:
            groups = json.load(answer)["data"]["groups"]
        return {rule["health"] for group in groups for rule in group["rules"]}

    wait_until(lambda: health() == {"ok"}, "the health of all rules", timeout=30)


async def test_every_panel_of_a_dashboard_gets_an_answer(
    stack: Stack, prometheus: Prometheus
) -> None:
    targets = {
        f"{name}: {panel['title']}, {target['refId']}": everywhere(target["expr"])
        for name, dashboard in dashboards().items()
        for panel in panels(dashboard)
        for target in panel["targets"]
    }
    empty: set[str] = set()

    # Two sides that do not match show only when they are asked for; a rate needs two scrapes.
    def is_answered() -> bool:
        empty.clear()
        empty.update(name for name, promql in targets.items() if not prometheus.ask(promql))
        return empty <= NOTHING

    assert len(targets) > 60
    assert targets.keys() >= NOTHING
    # What has happened before the first scrape has no rate. One of these goes to triage.
    await until(lambda: bool(prometheus.ask(ROUTED)), "a scrape of the router")
    await submit(stack)
    await submit(stack, {"institution": "prov-21"})
    try:
        await until(is_answered, "every panel has something to show")
    except PartFailed as error:
        raise AssertionError(f"{error}: {sorted(empty - NOTHING)}") from error


def everywhere(promql: str) -> str:
    """Return a panel's query with everything chosen, and for a system that is small and young."""
    chosen = re.sub(r"\$(namespace|agency|tier)", ".*", promql)
    return re.sub(r">=? \d+", ">= 0", re.sub(r"offset \dd", "offset 1s", chosen))


async def submit(stack: Stack, more: Form = NOWHERE) -> None:
    name = f"alerts-{datetime.now(UTC):%H%M%S%f}"
    async with await stack.caller("gateway", name) as client:
        form: Form = {"title": "Jalan", "text": "Jalan berlubang.", **more}
        answer = await client.submit(form, f"alert-{len(more)}")
    assert answer.accepted


async def test_a_killed_router_is_told_and_after_its_restart_no_more(
    stack: Stack, prometheus: Prometheus, tab: Tab, pictures: Path
) -> None:
    (router,) = stack.of("router")
    targets = await look(tab, f"{prometheus.url}/classic/targets", pictures / "targets.png")
    assert all(f"{name} (1/1 up)" in targets for name in SERVICES)
    assert firing(prometheus, "ALERTS") == []

    router.child.kill()
    await submit(stack)

    for selector in (MISSING, WAITING):
        await until(partial(is_firing, prometheus, selector), f"{selector} fires")
        (told,) = firing(prometheus, selector)
        assert told["severity"] == "page"
        assert ROUTER.items() & told.items()
    page = await look(tab, f"{prometheus.url}/classic/alerts", pictures / "alerts-firing.png")
    assert "SalurServiceMissing (1 active)" in page

    router.start()

    for selector in (MISSING, WAITING):
        await until(partial(is_over, prometheus, selector), f"{selector} is over")
    page = await look(tab, f"{prometheus.url}/classic/alerts", pictures / "alerts-resolved.png")
    assert "SalurServiceMissing (0 active)" in page


async def until(probe: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, probe, what, timeout=60)


async def look(tab: Tab, url: str, picture: Path) -> str:
    """Return what a page of Prometheus says, all of it opened, and take a picture."""
    await tab.resize(1280, 1400)
    await tab.go(url)
    await tab.look("document.querySelectorAll('.alert_header').forEach(one => one.click())")
    await tab.picture(picture, whole=True)
    return str(await tab.look("document.body.innerText"))


def test_a_missing_program_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["--require"]) == 3
    assert PROGRAM in capsys.readouterr().err

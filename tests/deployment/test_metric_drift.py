"""Rules and dashboards ask for what a running system exports, and it exports nothing unnamed."""

import asyncio
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.intake_client.form_columns import Form
from deploy.processes import wait_until
from shared.contracts.topics import INPUT, SERVICES
from shared.settings import KafkaSettings
from shared.telemetry.catalogue import CATALOGUE, PROCESS
from shared.telemetry.metric_spec import EVERY, STAGES
from tests.deployment.queries import LABELS, OWN, all_queries, base, recorded, selectors
from tests.deployment.rendering import ask
from tests.support.programs.validators import program
from tests.support.tables import failing

pytestmark = [pytest.mark.deployment, pytest.mark.timeout(900)]
# Added on the way: by Prometheus, by the cluster, by histograms.
ADDED = {"namespace", "job", "instance", "le"}
# What the little system below has no reason to count: no fault, no refusal, no reporter to tell.
NEVER = {
    "salur_stage_failures_total",
    "salur_stage_commits_refused_total",
    "salur_rate_limited_total",
    "salur_requests_shed_total",
    "salur_refused_records_total",
    "salur_identity_reads_total",
    "salur_reporter_messages_total",
    "salur_endpoints",
    "salur_deadlines_total",
}
TEXT = "Jalan di depan rumah berlubang, sudah sebulan."


async def feed(stack: Stack) -> None:
    """Send what makes every stage count: complaints, one without a topic, one broken record."""
    async with await stack.caller("operator", "drift") as client:
        await client.set_endpoint("kab-3603", "http://127.0.0.1:9/hook")
        for number in range(6):
            code = "36.03" if number % 2 else "36.71"
            place = {"region_code": code}
            body: Form = {"title": "Jalan", "text": f"{TEXT} {number}", "place": place}
            await client.submit(body, f"drift-{number}")
    await spoil(stack.kafka)


async def spoil(kafka: KafkaSettings) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(INPUT, b"no event", key=b"x")


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return what each service of a running system exports once it has counted."""
    folder = tmp_path_factory.mktemp("stack")
    # kota-3671 has no topic.
    with Stack(StackOptions(folder, ("kab-3603",), env={"METRICS_LAG_SECONDS": "0.5"})) as stack:
        asyncio.run(feed(stack))
        wait_until(lambda: has_counted(stack), "counts, lag, and attempts to deliver", timeout=180)
        yield {service: exposition(stack, service) for service in SERVICES}


def exposition(stack: Stack, service: str) -> str:
    status, text = stack.of(service)[0].get("/metrics")
    assert status == 200
    return text


def families(text: str) -> list[Metric]:
    return list(text_string_to_metric_families(text))


def has_counted(stack: Stack) -> bool:
    counted = {
        "metrics": {"salur_cases", "kafka_consumergroup_lag", "salur_case_hops"},
        "notifier": {"salur_deliveries_total"},
        "router": {"salur_dead_letters_total", "salur_not_provisioned_total"},
    }
    return all(wanted <= sampled(exposition(stack, name)) for name, wanted in counted.items())


def sampled(text: str) -> set[str]:
    """Return the metrics that have a value."""
    return {base(sample.name) for family in families(text) for sample in family.samples}


def declared(text: str) -> set[str]:
    """Return the metrics that are named, with a value or without."""
    found = families(text)
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in found}


def asked() -> set[str]:
    """Return the exported metrics that rules and dashboards ask for."""
    names = {base(name) for promql in all_queries().values() for name in selectors(promql)}
    return names - OWN - recorded()


def test_every_query_names_metrics_and_labels_that_exist() -> None:
    known = OWN | recorded()

    def asks_for_what_exists(query: tuple[str, str]) -> None:
        for name, labels in selectors(query[1]).items():
            assert name in known or labels <= LABELS[base(name)] | ADDED, name

    assert failing(all_queries().items(), asks_for_what_exists) == {}


def test_every_recording_rule_is_used_or_made_to_be_read() -> None:
    used = {name for promql in all_queries().values() for name in selectors(promql)}

    assert recorded() - used == set()


def test_every_metric_that_is_asked_for_is_exported(exposed: dict[str, str]) -> None:
    live = set().union(*map(sampled, exposed.values()))
    promised = set().union(*map(declared, exposed.values()))

    assert asked() - promised == set()
    assert asked() - live <= NEVER <= asked()


def test_every_metric_that_is_exported_is_in_the_catalogue(
    exposed: dict[str, str],
) -> None:
    for service, text in exposed.items():
        own = {
            spec.name for spec in (*CATALOGUE, *PROCESS) if spec.source in (EVERY, STAGES, service)
        }
        assert declared(text) == own


def test_prometheus_has_nothing_to_say_against_any_metric(exposed: dict[str, str]) -> None:
    for service, text in exposed.items():
        answer = ask([program("promtool"), "check", "metrics"], text)
        assert (answer.returncode, answer.stderr) == (0, ""), service


def test_every_exported_label_is_in_the_catalogue(exposed: dict[str, str]) -> None:
    for text in exposed.values():
        for family in families(text):
            for sample in family.samples:
                assert set(sample.labels) - {"le"} == LABELS[base(sample.name)], sample.name


def test_a_metric_that_nobody_exports_is_seen() -> None:
    assert base("salur_invented_total") not in LABELS
    assert selectors('rate(salur_invented_total{a="b"}[5m]) > 0') == {"salur_invented_total": {"a"}}

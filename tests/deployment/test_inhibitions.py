"""What silences what, as a real Alertmanager does it: a cause its own symptoms, and no others.

Every case has a namespace of its own, in which all that could be silenced fires.
"""

from collections.abc import Iterator

import pytest

from deploy.dev.local.parts import running
from deploy.processes import wait_until
from shared.contracts.topics import GROUPS, SERVICES, service_of
from tests.deployment.alertmanager import Alertmanager, Labels

pytestmark = [pytest.mark.deployment, pytest.mark.timeout(300)]
WAITING = ("SalurRecordsWait", "SalurStageStuck")
OTHERS = ("SalurIntakeErrors", "SalurLagUnknown", "SalurPromiseBurnsFast")
Told = set[tuple[str, str]]  # the alert's name, and the group it is about


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    part = Alertmanager(tmp_path_factory.mktemp("alertmanager"))
    with running(part):
        yield part


def symptoms(namespace: str) -> list[Labels]:
    """Return every alert that has a cause among the others, for every group."""
    of_groups = [
        {"alertname": name, "consumergroup": group, "namespace": namespace}
        for name in WAITING
        for group in GROUPS
    ]
    return [*of_groups, *({"alertname": name, "namespace": namespace} for name in OTHERS)]


def silenced(part: Alertmanager, namespace: str) -> Told:
    found = part.suppressed(namespace)
    return {(one["alertname"], one.get("consumergroup", "")) for one in found}


def assert_silences(part: Alertmanager, cause: Labels, wanted: Told) -> None:
    """Let a cause fire beside all symptoms, here and elsewhere; these alone must be silenced."""
    here, elsewhere = cause["namespace"], f"not-{cause['namespace']}"
    part.tell([*symptoms(elsewhere), *symptoms(here), cause])
    wait_until(lambda: silenced(part, here) >= wanted, f"silence after {cause}", timeout=60)

    assert silenced(part, here) == wanted
    assert silenced(part, elsewhere) == set()


@pytest.mark.parametrize("stage", GROUPS)
def test_a_stage_that_stopped_silences_its_own_being_stuck_alone(
    alertmanager: Alertmanager, stage: str
) -> None:
    cause = {"alertname": "SalurStageStopped", "stage": stage, "namespace": f"stopped-{stage}"}

    assert_silences(alertmanager, cause, {("SalurStageStuck", stage)})


@pytest.mark.parametrize("service", SERVICES)
def test_a_missing_service_silences_what_waits_for_it_alone(
    alertmanager: Alertmanager, service: str
) -> None:
    cause = {
        "alertname": "SalurServiceMissing",
        "service": service,
        "namespace": f"missing-{service}",
    }
    groups = [group for group in GROUPS if service_of(group) == service]

    assert_silences(alertmanager, cause, {(name, group) for name in WAITING for group in groups})


def test_an_installation_that_is_silent_silences_its_own_alerts_alone(
    alertmanager: Alertmanager,
) -> None:
    cause = {"alertname": "SalurSilent", "namespace": "dead"}
    all_of_it = {(name, group) for name in WAITING for group in GROUPS}

    assert_silences(alertmanager, cause, all_of_it | {(name, "") for name in OTHERS})

"""Each service scales on what it is busy with, and never beyond what can be shared out."""

import pytest

from shared.contracts.topics import EVENT, GROUPS, INPUT, PARTITIONS, REPORTERS, SERVICES
from tests.deployment.rendering import Manifest, deployed, manifests, of_kind

pytestmark = pytest.mark.deployment
CONSUMERS = ("router", "notifier", "metrics")


def triggers(scaled: Manifest) -> list[Manifest]:
    return [one["metadata"] for one in scaled["spec"]["triggers"]]


@pytest.mark.parametrize("way", ["default", "national"])
def test_consumers_scale_on_the_lag_of_their_groups(way: str) -> None:
    found = of_kind(manifests(way), "ScaledObject")
    groups = {one["consumerGroup"]: one for name in found for one in triggers(found[name])}

    assert set(found) == set(CONSUMERS)
    assert set(groups) <= set(GROUPS)
    assert groups["router"]["topic"] == INPUT
    assert groups["metrics"]["topic"] == EVENT
    # The whole group: an institution's topic each.
    assert "topic" not in groups["notifier"]
    assert {one["offsetResetPolicy"] for one in groups.values()} == {"earliest"}
    assert all(int(one["lagThreshold"]) >= 1_000 for one in groups.values())


def test_the_group_that_tells_reporters_counts_where_they_are_told() -> None:
    groups = {
        way: {
            one["consumerGroup"]
            for one in triggers(of_kind(manifests(way), "ScaledObject")["notifier"])
        }
        for way in ("default", "national")
    }

    assert groups == {"default": {"notifier"}, "national": {"notifier", REPORTERS}}


@pytest.mark.parametrize("way", ["default", "national"])
def test_no_more_consumers_than_partitions_and_never_none(way: str) -> None:
    for name, one in of_kind(manifests(way), "ScaledObject").items():
        spec = one["spec"]
        least, most = spec["minReplicaCount"], spec["maxReplicaCount"]
        assert 1 <= least <= spec["fallback"]["replicas"] <= most, name
        assert name == "notifier" or most <= PARTITIONS, name
        assert "idleReplicaCount" not in spec


@pytest.mark.parametrize("way", ["default", "national"])
def test_nothing_is_scaled_by_two(way: str) -> None:
    found = manifests(way)
    scaled = [
        one["spec"]["scaleTargetRef"]["name"]
        for kind in ("ScaledObject", "HorizontalPodAutoscaler")
        for one in of_kind(found, kind).values()
    ]

    assert sorted(scaled) == sorted(f"salur-{name}" for name in SERVICES)
    # A number in the Deployment would undo the scaling at each upgrade.
    assert all("replicas" not in one["spec"] for one in deployed(found).values())


def trust(protocol: str, *words: str) -> set[str] | None:
    """Return what KEDA is given to reach Kafka by; None where it is given nothing."""
    found = manifests("default", "--set", f"kafka.securityProtocol={protocol}", *words)
    named = {
        trigger.get("authenticationRef", {}).get("name")
        for scaled in of_kind(found, "ScaledObject").values()
        for trigger in scaled["spec"]["triggers"]
    }
    given = {
        one["metadata"]["name"]: {
            each["parameter"]
            for kind in ("secretTargetRef", "configMapTargetRef")
            for each in one["spec"].get(kind) or ()
        }
        for one in of_kind(found, "TriggerAuthentication").values()
    }
    # Each trigger names one that is there, or none where there is none.
    assert named == (set(given) or {None})
    return next(iter(given.values()), None)


@pytest.mark.parametrize(
    ("protocol", "parameters"),
    [
        ("PLAINTEXT", None),
        ("SSL", {"ca"}),
        ("SASL_PLAINTEXT", {"username", "password"}),
        ("SASL_SSL", {"username", "password", "ca"}),
    ],
)
def test_keda_is_told_who_it_is_and_whom_it_may_trust(
    protocol: str, parameters: set[str] | None
) -> None:
    for where in ("kafka.caSecret.name", "caBundle.secret", "caBundle.configMap"):
        assert trust(protocol, "--set", f"{where}=kafka-ca") == parameters
    # Certificates of a public authority need nobody named.
    assert trust(protocol) == ((parameters or set()) - {"ca"} or None)


def test_where_nothing_scales_the_number_is_fixed() -> None:
    found = deployed(manifests("small"))

    assert {name: one["spec"]["replicas"] for name, one in found.items()} == {
        "intake": 2,
        "router": 1,
        "notifier": 1,
        "metrics": 1,
    }


def test_partitions_of_the_chart_are_those_of_the_topics() -> None:
    at_most = manifests("national", "--set", f"router.autoscaling.maxReplicas={PARTITIONS}")

    assert of_kind(at_most, "ScaledObject")["router"]["spec"]["maxReplicaCount"] == PARTITIONS

"""What a cluster has beyond the plan: told always, taken away only where it is asked for."""

import pytest

from deploy.operate.agencies.kafka_provisioning import without_the_gone
from deploy.operate.provisioning.apply import ApplyOptions, apply
from deploy.operate.provisioning.diff import compare
from deploy.operate.provisioning.plan import plan
from deploy.operate.provisioning.state import PREFIX, Acl, ClusterState, TopicState
from tests.deploy.operate.provisioning.test_apply import CODES, WANTED, FakeCluster

EVERYTHING = frozenset({"topics", "users", "acls"})
LEFT = ClusterState(
    topics={
        "agency-kab-1": TopicState(1),
        "agency-kab-1-action": TopicState(1),
        "someone-elses": TopicState(1),
    },
    users=frozenset({"agency-kab-1", "salur-admin", "someone"}),
    acls=frozenset(
        {
            Acl("agency-kab-1", "topic", "agency-kab-1", "read"),
            Acl("agency-kab-3603", "topic", "agency-", "read", PREFIX),
            Acl("salur-router", "topic", "agency-kab-1", "write"),
            Acl("someone", "topic", "agency-kab-1", "read"),
        }
    ),
    quotas={},
)
GROWN = ClusterState(
    {**WANTED.topics, **LEFT.topics},
    WANTED.users | LEFT.users,
    WANTED.acls | LEFT.acls,
    WANTED.quotas,
)


def test_nothing_is_deleted_unless_it_is_asked_for() -> None:
    cluster = FakeCluster(GROWN)

    found = apply(cluster, WANTED, ApplyOptions(whole=True))

    assert cluster.calls == []
    assert found.surplus.topics == ("agency-kab-1", "agency-kab-1-action")
    assert found.surplus.users == ("agency-kab-1",)  # not the super user, nor anybody else's
    assert {acl.user for acl in found.surplus.acls} == {
        "agency-kab-1",
        "agency-kab-3603",
        "salur-router",
    }


@pytest.mark.parametrize(
    ("kind", "call"),
    [("topics", "delete_topics"), ("users", "delete_users"), ("acls", "delete_acls")],
)
def test_a_deletion_takes_only_the_kind_that_is_named(kind: str, call: str) -> None:
    cluster = FakeCluster(GROWN)

    apply(cluster, WANTED, ApplyOptions(whole=True, delete=frozenset({kind})))

    assert cluster.calls == [call]


def test_rights_go_before_users_and_users_before_topics() -> None:
    cluster = FakeCluster(GROWN)

    apply(cluster, WANTED, ApplyOptions(whole=True, delete=EVERYTHING))

    assert cluster.calls == ["delete_acls", "delete_users", "delete_topics"]
    assert cluster.state.topics.keys() == WANTED.topics.keys() | {"someone-elses"}
    assert cluster.state.users == WANTED.users | {"salur-admin", "someone"}


def test_a_plan_of_some_institutions_judges_no_other() -> None:
    cluster = FakeCluster(plan(("kab-3603", "prov-36", "kota-3671")))

    found = apply(cluster, plan(("kab-3603",)), ApplyOptions(delete=EVERYTHING))

    assert not found.surplus
    assert cluster.calls == []


def test_of_an_institution_that_is_named_all_goes_and_nothing_else() -> None:
    cluster = FakeCluster(GROWN)

    apply(cluster, WANTED, ApplyOptions(whole=True, delete=frozenset({"kab-1"})))

    assert cluster.calls == ["delete_acls", "delete_users", "delete_topics"]
    assert cluster.state.topics.keys() == WANTED.topics.keys() | {"someone-elses"}
    left = compare(WANTED, cluster.state, whole=True).surplus
    assert {acl.user for acl in left.acls} == {"agency-kab-3603"}  # ours on its topic go too


def test_a_closed_one_is_planned_for_as_long_as_its_topic_is_there() -> None:
    cluster, closed = FakeCluster(GROWN), {"kab-1", "kab-2"}
    codes = (*CODES, "kab-1", "kab-2")

    assert without_the_gone(cluster, codes, closed, gone=set()) == (*CODES, "kab-1")
    assert without_the_gone(cluster, codes, closed, gone={"kab-1"}) == CODES
    assert without_the_gone(cluster, codes, set(), gone=set()) == codes

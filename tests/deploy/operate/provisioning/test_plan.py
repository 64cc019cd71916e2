"""What the plan grants: to institutions, to services, to the operator; and nothing beside it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.operate.agencies.institutions import all_codes
from deploy.operate.provisioning.diff import compare
from deploy.operate.provisioning.plan import InstitutionQuota, agency_acls, plan
from deploy.operate.provisioning.service_rights import (
    OPERATOR,
    groups,
    service_acls,
    service_user,
    service_users,
)
from deploy.operate.provisioning.state import (
    LITERAL,
    PREFIX,
    Acl,
    TopicState,
    agency_of_user,
    agency_user,
)
from shared.contracts.topics import (
    SERVICES,
    TOPICS,
    TopicSpec,
    action_topic,
    agency_topic,
    topics_for,
)

CODES = ("kab-3603", "prov-36")
kinds = st.sampled_from(("kem", "lem", "bumn", "prov", "kab", "kota"))
codes = st.builds("{}-{}".format, kinds, st.integers(1, 99_999))


def opens(acls: Iterable[Acl], resource: str, name: str, operation: str) -> bool:
    """Tell what Kafka would say, reading and writing taken for describing too."""
    return any(
        acl.resource == resource
        and acl.operation == operation
        and (acl.name == name if acl.pattern == LITERAL else name.startswith(acl.name))
        for acl in acls
    )


def granted(user: str) -> set[tuple[str, str, str, str]]:
    found = plan(CODES).acls
    return {
        (acl.resource, acl.name, acl.operation, acl.pattern) for acl in found if acl.user == user
    }


def literal(operation: str, *names: str, resource: str = "topic") -> set[tuple[str, str, str, str]]:
    return {(resource, name, operation, LITERAL) for name in names}


def test_an_institution_gets_its_two_topics_and_groups_under_its_name_with_a_dot() -> None:
    assert granted("agency-kab-3603") == {
        *literal("read", "agency-kab-3603"),
        *literal("describe", "agency-kab-3603", "agency-kab-3603-action"),
        *literal("write", "agency-kab-3603-action"),
        ("group", "agency-kab-3603.", "read", PREFIX),
    }


def test_no_grant_to_an_institution_is_a_prefix_on_topics() -> None:
    acls = [acl for code in all_codes() for acl in agency_acls(code)]

    assert {acl.resource for acl in acls if acl.pattern == PREFIX} == {"group"}
    assert all(acl.name.endswith(".") for acl in acls if acl.pattern == PREFIX)
    assert {acl.permission for acl in acls} == {"allow"}


@given(codes, codes)
def test_no_institution_opens_what_is_anothers(one: str, other: str) -> None:
    acls = list(agency_acls(one))
    is_same = one == other

    assert opens(acls, "topic", agency_topic(other), "read") == is_same
    assert opens(acls, "topic", action_topic(other), "write") == is_same
    assert opens(acls, "group", f"{agency_user(other)}.desk", "read") == is_same
    assert not opens(acls, "topic", action_topic(other), "read")
    assert not opens(acls, "topic", agency_topic(other), "write")


def test_intake_gets_what_its_work_takes() -> None:
    assert granted("salur-intake") == {
        *literal("read", "agency-kab-3603-action", "agency-prov-36-action"),
        *literal("write", "complaint-input", "intake-dlq"),
        *literal("write", "agency-kab-3603", "agency-prov-36"),  # why a record did not pass
        *literal("read", "intake", resource="group"),
    }


def test_the_router_gets_what_its_work_takes() -> None:
    assert granted("salur-router") == {
        *literal("read", "complaint-input"),
        *literal("write", "complaint-input", "complaint-event", "router-dlq"),
        *literal("write", "agency-kab-3603", "agency-prov-36"),
        *literal("read", "router", resource="group"),
    }


def test_the_notifier_gets_what_its_work_takes() -> None:
    assert granted("salur-notifier") == {
        *literal("read", "agency-kab-3603", "agency-prov-36", "complaint-event"),
        *literal("write", "notifier-dlq"),
        *literal("read", "notifier", "notifier-reporters", resource="group"),
    }


def test_metrics_gets_what_its_work_takes_and_no_say_in_the_groups_it_measures() -> None:
    everything_read = {
        *("complaint-input", "complaint-event"),
        *(agency_topic(code) for code in CODES),
        *(action_topic(code) for code in CODES),
    }
    watched = ("intake", "router", "notifier", "notifier-reporters")
    assert granted("salur-metrics") == {
        *literal("read", *everything_read),
        *literal("write", "metrics-dlq"),
        *literal("read", "metrics", resource="group"),
        *literal("describe", *watched, resource="group"),
    }


@pytest.mark.parametrize("spec", TOPICS, ids=lambda spec: spec.name)
def test_whoever_the_table_names_may_do_it_and_no_other_service(spec: TopicSpec) -> None:
    acls, name = plan(CODES).acls, spec.name.replace("<code>", CODES[0])

    for service in SERVICES:
        mine = [acl for acl in acls if acl.user == service_user(service)]
        assert opens(mine, "topic", name, "write") == (service in spec.producers)
        if service in spec.consumers:
            assert opens(mine, "topic", name, "read")


def test_the_operator_writes_no_dead_letters_and_joins_no_services_group() -> None:
    acls = [acl for acl in service_acls(CODES) if acl.user == OPERATOR]

    for service in SERVICES:
        assert opens(acls, "topic", f"{service}-dlq", "read")
        assert not opens(acls, "topic", f"{service}-dlq", "write")
        assert opens(acls, "group", f"{service}-dlq.replay", "read")
        assert not any(opens(acls, "group", group, "read") for group in groups(service))
    assert opens(acls, "topic", "agency-kab-3603-action", "write")  # a letter goes back there


def test_the_plan_has_every_topic_user_and_limit() -> None:
    found = plan(CODES, InstitutionQuota(producer_bytes=5_000))

    assert found.topics.keys() == topics_for(CODES).keys()
    assert found.users == {"agency-kab-3603", "agency-prov-36", *service_users()}
    assert found.quotas.keys() == {"agency-kab-3603", "agency-prov-36"}  # services are not limited
    assert found.quotas["agency-prov-36"]["producer_byte_rate"] == 5_000
    assert {acl.user for acl in found.acls} == found.users


def test_three_copies_bring_two_that_must_be_in_step() -> None:
    def least(replication: int | None) -> str | None:
        topic = plan(CODES, replication=replication).topics["complaint-input"]
        return topic.config.get("min.insync.replicas")

    assert [least(None), least(1), least(2), least(3)] == [None, None, None, "2"]


@pytest.mark.parametrize(
    "user", ["agency-", "agency-kab", "salur-router", "kab-3603", "agency-x-1"]
)
def test_only_an_institutions_user_is_taken_for_one(user: str) -> None:
    assert agency_of_user(user) is None
    assert agency_of_user("agency-kab-3603") == "kab-3603"


@pytest.mark.parametrize(
    ("copies", "has", "wants"),
    [(3, "1", "2"), (3, None, "2"), (3, "2", None), (5, "1", "4"), (2, "1", None), (1, "1", None)],
)
def test_an_existing_topic_of_three_copies_is_set_to_need_two_of_them(
    copies: int, has: str | None, wants: str | None
) -> None:
    wanted = plan(CODES)
    one = wanted.topics["complaint-input"]
    config = {**one.config, **({"min.insync.replicas": has} if has else {})}
    present = replace(
        wanted, topics={**wanted.topics, "complaint-input": TopicState(24, config, copies)}
    )

    found = compare(wanted, present, whole=True)

    expected = {"complaint-input": {"min.insync.replicas": wants}} if wants else {}
    assert found.configs == expected
    if wants:
        assert f"~ topic complaint-input min.insync.replicas={wants}" in list(found.lines())

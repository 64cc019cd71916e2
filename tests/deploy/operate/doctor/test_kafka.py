"""What the doctor says of Kafka: topics, rights, consumer groups and dead letters."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deploy.operate.doctor.broker import BrokerFacts, TopicFacts
from deploy.operate.doctor.findings import DoctorFinding, FindingState, exit_code
from deploy.operate.doctor.groups import GroupFacts, ReadingFacts, judge_groups, judge_letters
from deploy.operate.doctor.rights import ask_rights, judge_rights
from deploy.operate.doctor.topics import judge_broker, judge_topics
from deploy.operate.provisioning.diff import ClusterDiff, Surplus
from deploy.operate.provisioning.state import Acl
from shared.contracts.topics import topics_for
from shared.settings import KafkaSettings
from tests.support.doctor_findings import only

CODE = "kab-3603"


def cluster(**changes: TopicFacts | None) -> BrokerFacts:
    """Return a cluster as the table wants it; `changes` are other topics, None for a missing one.

    Names have `_` for `-`.
    """
    topics = {
        name: TopicFacts(spec.partitions, copies=3, config=dict(spec.config))
        for name, spec in topics_for((CODE,)).items()
    }
    for name, facts in changes.items():
        topics.pop(name.replace("_", "-"))
        if facts is not None:
            topics[name.replace("_", "-")] = facts
    return BrokerFacts(brokers=3, is_current=True, topics=topics)


def topics(facts: BrokerFacts, copies: int | None = None) -> list[DoctorFinding]:
    return list(judge_topics(facts, (CODE,), copies=copies))


# Kafka


def test_a_cluster_as_the_table_wants_it_is_well() -> None:
    assert exit_code(topics(cluster(), copies=3)) == 0
    assert only(topics(cluster()), FindingState.FINE).value == "8 topics"


def test_a_topic_of_the_services_that_is_missing_is_named() -> None:
    found = only(topics(cluster(router_dlq=None)))

    assert (found.what, "salur topics create" in found.do) == ("missing: router-dlq", True)


def test_an_institution_without_its_topics_is_named_with_both() -> None:
    found = only(topics(cluster(agency_kab_3603=None, agency_kab_3603_action=None)))

    assert CODE in found.what
    assert "agency-kab-3603-action" in found.what
    assert "triage" in found.do


def test_other_partitions_and_other_configurations_are_told_with_their_values() -> None:
    event = replace(cluster().topics["complaint-event"], partitions=12)
    assert "12 partitions, not 24" in only(topics(cluster(complaint_event=event))).what

    kept = replace(cluster().topics["complaint-input"], config={"retention.ms": "1"})
    found = [one.value for one in topics(cluster(complaint_input=kept)) if one.state == "wrong"]
    assert found == ["cleanup.policy=None", "retention.ms=1"]


def test_a_configuration_that_this_user_may_not_read_is_a_note() -> None:
    unseen = replace(cluster().topics["complaint-input"], config=None)
    found = topics(cluster(complaint_input=unseen))

    assert exit_code(found) == 0
    assert "super users" in only(found, FindingState.NOTE).do


def test_what_this_user_may_not_see_is_neither_missing_nor_passed_over() -> None:
    facts = replace(cluster(intake_dlq=None), hidden=frozenset({"intake-dlq"}))

    found = topics(facts)

    assert exit_code(found) == 0
    assert only(found, FindingState.NOTE).what == "not looked at: this user may not see intake-dlq"
    groups = list(judge_groups(ReadingFacts((), {}, ("router",)), most_age=1))
    assert (
        only(groups, FindingState.NOTE).what == "not looked at: this user may not ask about router"
    )


@pytest.mark.parametrize("change", [{"leaderless": 1}, {"behind": 2}])
def test_partitions_in_trouble_are_wrong(change: Mapping[str, Any]) -> None:
    ill = replace(cluster().topics["complaint-input"], **change)

    assert "complaint-input" in only(topics(cluster(complaint_input=ill))).what


def test_copies_are_judged_by_what_was_asked_for() -> None:
    thin = replace(cluster().topics["intake-dlq"], copies=1)
    facts = cluster(intake_dlq=thin)

    assert only(topics(facts, copies=3)).value == "1 of 3"
    assert only(topics(facts), FindingState.NOTE).what.startswith("fewer than 3 copies: intake-dlq")


def test_three_copies_that_need_no_second_to_confirm_are_wrong() -> None:
    loose = replace(cluster().topics["intake-dlq"])
    config = {**(loose.config or {}), "min.insync.replicas": "1"}

    found = only(topics(cluster(intake_dlq=replace(loose, config=config))))

    assert found.what == "acknowledged by one copy alone: intake-dlq"


def test_an_old_broker_is_a_note() -> None:
    old = replace(cluster(), is_current=False)

    assert [one.state for one in judge_broker(old, "kafka:9092")] == [FindingState.NOTE]
    assert [one.state for one in judge_broker(cluster(), "kafka:9092")] == [FindingState.FINE]


# Rights


def difference(**changes: Any) -> ClusterDiff:
    nothing: dict[str, Any] = {
        "topics": {},
        "configs": {},
        "users": (),
        "acls": (),
        "quotas": {},
        "surplus": Surplus(),
        "conflicts": (),
    }
    return ClusterDiff(**(nothing | changes))


def test_grants_that_lack_and_grants_too_many_are_told_by_user() -> None:
    lacking = Acl("salur-router", "topic", "complaint-event", "write")
    beyond = Acl("agency-kab-3603", "topic", "complaint-event", "read")
    found = list(judge_rights(difference(acls=(lacking,), surplus=Surplus(acls=(beyond,))), 9))

    assert [one.what for one in found] == [
        "salur-router may not write topic complaint-event",
        "agency-kab-3603 has what nobody planned: agency-kab-3603 allow read topic complaint-event",
    ]
    assert exit_code(found) == 1


def test_missing_users_and_other_limits_are_wrong() -> None:
    found = list(judge_rights(difference(users=("salur-intake",), quotas={"agency-x": {}}), 9))

    assert [one.state for one in found] == [FindingState.WRONG, FindingState.WRONG]
    assert "salur-intake" in found[0].what


def test_rights_as_planned_are_fine() -> None:
    assert [one.value for one in judge_rights(difference(), 9)] == ["9 grants"]


def test_without_the_extra_rights_are_a_note_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "deploy.operate.provisioning.admin_client", None)
    # Where another test has imported it, the package remembers it too.
    monkeypatch.delattr("deploy.operate.provisioning.admin_client", raising=False)
    asks = KafkaSettings(security_protocol="SASL_PLAINTEXT", username="salur-operator")

    (found,) = ask_rights(asks, (CODE,), whole=False)

    assert found.state is FindingState.NOTE
    assert "salur[admin]" in found.value


# Groups


def reading(*groups: GroupFacts, **letters: int) -> ReadingFacts:
    return ReadingFacts(groups, letters)


def test_a_group_without_members_is_wrong_even_without_lag() -> None:
    (found,) = judge_groups(reading(GroupFacts("router", 0)), most_age=300)

    assert (found.state, found.what) == (FindingState.WRONG, "group router has no member")
    assert "router" in found.do


def test_reporters_need_not_be_told_but_may_not_be_forgotten() -> None:
    idle = GroupFacts("notifier-reporters", 0)
    behind = GroupFacts("notifier-reporters", 0, {"complaint-event": 3})

    found = list(judge_groups(reading(idle, behind), most_age=300))

    assert [one.state for one in found] == [FindingState.FINE, FindingState.WRONG]
    assert "no notifier reads" in found[1].do


def test_what_kafka_deleted_unread_is_said_though_nothing_is_behind() -> None:
    lost = GroupFacts("router", 2, lost={"complaint-input": 160})

    reads, found = judge_groups(reading(lost), most_age=300)

    assert reads.state is FindingState.FINE
    assert (found.state, found.value) == (FindingState.WRONG, "160 records")
    assert found.what == "Kafka deleted what group router had not read on complaint-input"


def test_age_and_not_the_number_of_records_makes_a_group_late() -> None:
    busy = GroupFacts("router", 2, {"complaint-input": 9_000}, {"complaint-input": 2.0})
    late = GroupFacts("metrics", 2, {"complaint-event": 1}, {"complaint-event": 400.0})
    unknown = GroupFacts("intake", 1, {"agency-kab-3603-action": 1})

    found = list(judge_groups(reading(busy, late, unknown), most_age=300))

    assert [one.state for one in found] == [
        FindingState.FINE,
        FindingState.WRONG,
        FindingState.NOTE,
    ]
    assert found[1].what == "group metrics is late on complaint-event"
    assert found[1].value == "1 record behind, the oldest 400 s old; 2 members"


def test_dead_letters_that_wait_are_told_with_both_commands() -> None:
    found = only(list(judge_letters(reading(router=2, intake=0))))

    assert found.value == "2"
    assert "list router" in found.do
    assert "replay router" in found.do

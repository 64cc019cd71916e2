"""Each institution sees its own, on a broker that knows who comes."""

from pathlib import Path

import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    NoError,
    TopicAuthorizationFailedError,
)

from deploy.dev.local.certificates import Authority
from shared.contracts.topics import EVENT, INPUT, SERVICES, dead_letter_topic
from shared.errors import BrokerUntrusted
from shared.kafka.publisher import Publisher
from tests.access.asking import consume, fetch, log_in, visible, write
from tests.access.conftest import Secured

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]  # the broker takes its time
OWN, OTHER = "kab-1101", "kab-1102"
USER = f"agency-{OWN}"
FOREIGN = (
    f"agency-{OTHER}",
    f"agency-{OTHER}-action",
    INPUT,
    EVENT,
    *map(dead_letter_topic, SERVICES),
)


async def test_an_agency_reads_its_own_topic_in_a_group_of_its_own(secured: Secured) -> None:
    await write(secured.broker.kafka, USER, b'{"for": "kab-1101"}')

    record = await consume(secured.user(USER), USER, f"{USER}.desk")

    assert record.value == b'{"for": "kab-1101"}'


@pytest.mark.parametrize("topic", FOREIGN)
async def test_an_agency_is_refused_on_every_other_topic(secured: Secured, topic: str) -> None:
    assert await fetch(secured.broker.kafka, topic) is NoError  # the topic is there
    assert await fetch(secured.user(USER), topic) is TopicAuthorizationFailedError


async def test_an_agency_does_not_read_what_it_writes(secured: Secured) -> None:
    user = secured.user(USER)
    await write(user, f"{USER}-action")

    assert await fetch(user, f"{USER}-action") is TopicAuthorizationFailedError


@pytest.mark.parametrize("topic", [USER, *FOREIGN])
async def test_an_agency_writes_its_action_topic_alone(secured: Secured, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await write(secured.user(USER), topic)


@pytest.mark.parametrize("group", [f"agency-{OTHER}.desk", f"{USER}2.desk", USER, "notifier"])
async def test_an_agency_is_refused_on_a_group_that_is_not_under_its_prefix(
    secured: Secured, group: str
) -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        await consume(secured.user(USER), USER, group)


async def test_an_agency_sees_no_other_topic(secured: Secured) -> None:
    assert await visible(secured.user(USER)) == {USER, f"{USER}-action"}


async def test_a_wrong_password_opens_nothing(secured: Secured) -> None:
    with pytest.raises(KafkaConnectionError):
        await log_in(secured.broker.settings(USER, "wrong"))


async def test_a_service_is_refused_on_what_it_has_no_work_with(secured: Secured) -> None:
    router, metrics = secured.user("salur-router"), secured.user("salur-metrics")

    with pytest.raises(TopicAuthorizationFailedError):
        await write(router, f"{USER}-action")  # nobody speaks for an institution
    with pytest.raises(TopicAuthorizationFailedError):
        await write(metrics, EVENT)
    with pytest.raises(GroupAuthorizationFailedError):
        await consume(metrics, EVENT, "router")  # it measures groups and joins none
    assert await fetch(router, f"agency-{OTHER}") is TopicAuthorizationFailedError


async def test_nobody_is_let_in_without_tls_or_by_a_certificate_of_another(
    secured: Secured, tmp_path: Path
) -> None:
    plain = secured.user(USER).model_copy(update={"security_protocol": "SASL_PLAINTEXT"})
    other = secured.user(USER).model_copy(update={"ca_file": Authority(tmp_path).file})

    assert secured.user(USER).security_protocol == "SASL_SSL"
    with pytest.raises(KafkaError):
        await log_in(plain)
    with pytest.raises(BrokerUntrusted):
        await Publisher(other).start()

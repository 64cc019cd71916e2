"""The cluster's side of provisioning, through `kafka-python`: reads what is there, changes it.

In bounded batches: a controller takes a request whole and answers when all of it is done.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from aiokafka.errors import KafkaError as AioKafkaError
from kafka.admin import (
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    SecurityDisabledError,
)
from kafka.protocol.admin import AlterClientQuotasRequest, DescribeClientQuotasRequest

from deploy.operate.provisioning.acl_mapping import (
    PRINCIPAL,
    acl_of,
    every_acl,
    filter_of,
    grant_of,
)
from deploy.operate.provisioning.diff import tighter
from deploy.operate.provisioning.replication import LEAST_IN_SYNC
from deploy.operate.provisioning.state import Acl, ClusterState, TopicState
from shared.contracts.topics import agency_of
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import broker_away, client_options, create_admin
from shared.settings import KafkaSettings

BATCH = 200  # topics, users or configurations per request
ACL_BATCH = 1_000
ANY_NAME = 2  # Kafka's number for: the quotas of users of any name
MECHANISM = ScramMechanism.SCRAM_SHA_512
ANSWER_MS = 60_000  # hundreds of topics take a small controller some seconds
# Its debug lines hold the connection's password and new credentials.
logging.getLogger("kafka").setLevel(logging.ERROR)
Thing = TypeVar("Thing")


class KafkaAdmin:
    """A connection with the rights of a super user; made by `connected`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, wanted: ClusterState) -> ClusterState:
        """Return what is there of what this program provisions, and all grants to named users."""
        # First: who may not ask about users gets no answer at all from Kafka, not even a refusal.
        acls = frozenset(self._acls())
        return ClusterState(
            topics=self._topics(wanted),
            users=frozenset(self._client.describe_user_scram_credentials()),
            acls=acls,
            quotas=self._quotas(),
        )

    def create_topics(self, topics: Mapping[str, TopicState]) -> None:
        """Create topics and wait until each has its leaders."""
        for names in in_batches(tuple(topics), BATCH):
            described = {name: _described(topics[name]) for name in names}
            self._client.create_topics(described, timeout_ms=ANSWER_MS)
            self._client.wait_for_topics(names, timeout_ms=ANSWER_MS)

    def set_configs(self, configs: Mapping[str, Mapping[str, str]]) -> None:
        """Set single configurations of topics; others stay as they are."""
        for names in in_batches(tuple(configs), BATCH):
            resources = [
                ConfigResource(ConfigResourceType.TOPIC, name, dict(configs[name]))
                for name in names
            ]
            answers = self._client.alter_configs(resources, raise_on_unknown=False)
            _require_none(
                f"topic {name}: {said}" for name, said in answers["topic"].items() if said != "OK"
            )

    def tighten(self, topics: Mapping[str, TopicState]) -> int:
        """Have topics with three copies or more count one alone as too few; return how many."""
        here = self._topics(ClusterState(topics, frozenset(), frozenset(), {}))
        loose = {name: tighter(here[name]) for name in topics if name in here}
        changed = {name: config for name, config in loose.items() if config}
        self.set_configs(changed)
        return len(changed)

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Create users, or give those that are there another password."""
        self._alter_users(
            [
                UserScramCredentialUpsertion(user, MECHANISM, password)
                for user, password in passwords.items()
            ]
        )

    def create_acls(self, acls: Sequence[Acl]) -> None:
        """Grant."""
        for batch in in_batches(acls, ACL_BATCH):
            answer = self._client.create_acls([grant_of(acl) for acl in batch])
            _require_none(f"grants: {error.__name__}" for error in answer["failed"])

    def set_quotas(self, quotas: Mapping[str, Mapping[str, float]]) -> None:
        """Set single limits of users; others stay as they are."""
        self._alter_quotas(
            [
                ([("user", user)], [(key, value, False) for key, value in limits.items()])
                for user, limits in quotas.items()
            ]
        )

    def delete_topics(self, names: Sequence[str]) -> None:
        """Delete topics with all their records."""
        for batch in in_batches(names, BATCH):
            self._client.delete_topics(list(batch), timeout_ms=ANSWER_MS)

    def delete_acls(self, acls: Sequence[Acl]) -> None:
        """Take grants back."""
        for batch in in_batches(acls, ACL_BATCH):
            answers = self._client.delete_acls([filter_of(acl) for acl in batch])
            _require_none(f"{acl}: {error.__name__}" for acl, _, error in answers if error.errno)

    def delete_users(self, users: Sequence[str]) -> None:
        """Delete users and their limits; who is connected stays so until asked to log in again."""
        self._alter_users([UserScramCredentialDeletion(user, MECHANISM) for user in users])
        limits = self._quotas()
        self._alter_quotas(
            [
                ([("user", user)], [(key, 0.0, True) for key in limits[user]])
                for user in users
                if user in limits
            ]
        )

    def _topics(self, wanted: ClusterState) -> dict[str, TopicState]:
        found = {
            topic["name"]: topic["partitions"]
            for topic in self._client.describe_topics()
            if topic["name"] in wanted.topics or agency_of(topic["name"])
        }
        configs = self._configs({n: t for n, t in wanted.topics.items() if n in found})
        return {
            name: TopicState(len(parts), configs.get(name, {}), _copies(parts))
            for name, parts in found.items()
        }

    def _configs(self, topics: Mapping[str, TopicState]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for names in in_batches(tuple(topics), BATCH):
            asked = {name: {**topics[name].config, LEAST_IN_SYNC: ""} for name in names}
            resources = [
                ConfigResource(ConfigResourceType.TOPIC, name, keys) for name, keys in asked.items()
            ]
            answer = self._client.describe_configs(resources, config_filter="all")
            for name, configs in answer["topic"].items():
                found[name] = {key: config["value"] for key, config in configs.items()}
        return found

    def _acls(self) -> Iterator[Acl]:
        found, _ = self._client.describe_acls(every_acl())
        yield from (acl_of(acl) for acl in found if acl.principal.startswith(PRINCIPAL))

    def _quotas(self) -> dict[str, dict[str, float]]:
        asked = DescribeClientQuotasRequest(components=[("user", ANY_NAME, None)], strict=True)
        answer = self._send(asked)
        if answer.error_code:
            raise Misconfigured(f"Kafka does not tell its quotas: {answer.error_message}")
        return {
            entry.entity[0].entity_name: {one.key: one.value for one in entry.values}
            for entry in answer.entries or ()
        }

    def _alter_users(self, alterations: Sequence[object]) -> None:
        for batch in in_batches(alterations, BATCH):
            answers = self._client.alter_user_scram_credentials(batch)
            _require_none(f"user {user}: {said}" for user, said in answers.items() if said)

    def _alter_quotas(self, entries: Sequence[object]) -> None:
        for batch in in_batches(entries, BATCH):
            answer = self._send(AlterClientQuotasRequest(entries=list(batch), validate_only=False))
            _require_none(
                f"quotas of {entry.entity[0].entity_name}: {entry.error_message}"
                for entry in answer.entries
                if entry.error_code
            )

    def _send(self, request: object) -> Any:
        # The library has these requests, and no method for them; test_admin_client.py watches it.
        manager = self._client._manager  # noqa: SLF001
        return manager.run(manager.send, request)


@contextmanager
def connected(settings: KafkaSettings) -> Iterator[KafkaAdmin]:
    """Connect, and name what is wrong in our own errors; not from within an event loop.

    Raises:
        BrokerAway: Kafka does not answer, or does not let this user in.
        Misconfigured: the user may not do this, or the cluster has no access control.
    """
    asyncio.run(_require_answer(settings))
    try:
        options = client_options(settings) | {"request_timeout_ms": ANSWER_MS}
        client = KafkaAdminClient(**options)
        try:
            yield KafkaAdmin(client)
        finally:
            client.close()
    except SecurityDisabledError as error:
        raise Misconfigured(
            "this cluster grants everything to everybody: set its authorizer.class.name"
        ) from error
    except AuthorizationError as error:
        raise Misconfigured(
            f"user {settings.username} may not provision ({type(error).__name__}); run this as one"
            " of the cluster's super users"
        ) from error
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"not provisioned: {type(error).__name__}: {error}") from error


def in_batches(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    """Yield the things, in order, at most `size` at once."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


async def _require_answer(settings: KafkaSettings) -> None:
    # The library would try for its whole patience, then leave its sockets behind.
    admin = create_admin(settings)
    try:
        await admin.start()
    except (AioKafkaError, OSError) as error:
        who = f"does not let user {settings.username} in" if settings.username else "is no Kafka"
        what = f"{settings.bootstrap_servers} does not answer or {who}"
        raise await broker_away(settings, what, error) from error
    finally:
        await admin.close()


def _copies(partitions: Sequence[Mapping[str, Any]]) -> int:
    return min((len(part["replica_nodes"]) for part in partitions), default=1)


def _described(topic: TopicState) -> dict[str, object]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": topic.replication or -1,
        "configs": dict(topic.config),
    }


def _require_none(refusals: Iterator[str]) -> None:
    said = list(refusals)
    if said:
        more = f" and {len(said) - 1} more" if len(said) > 1 else ""
        raise Misconfigured(f"Kafka refused {said[0]}{more}")

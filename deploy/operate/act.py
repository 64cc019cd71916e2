"""Acts on a case as its institution would, by HTTP or by Kafka, and waits for the outcome."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from pydantic import TypeAdapter, ValidationError

from deploy.operate.intake_client.endpoints import SubscriptionClient
from deploy.operate.tail import opened
from shared.contracts.actions import Action
from shared.contracts.events import AgencyAction, AgencyOutcome
from shared.contracts.identifiers import agency_record_id
from shared.contracts.topics import action_topic
from shared.errors import BrokerAway, Misconfigured, Transient
from shared.kafka.clients import create_producer
from shared.kafka.envelope import describe
from shared.settings import KafkaSettings

PENDING, APPLIED, REFUSED = "pending", "applied", "refused"
POLL_SECONDS = 0.2
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What became of an action: pending, applied, or refused with a code and a sentence."""

    action_id: str
    status: str
    code: str | None = None
    detail: str | None = None


def action_of(form: Mapping[str, object]) -> Action:
    """Return the action that a form describes; Misconfigured names what is missing or wrong."""
    try:
        action = _ACTION.validate_python(form)
    except ValidationError as error:
        raise Misconfigured(f"no such action: {describe(error)}") from None
    if foreign := sorted(form.keys() - type(action).model_fields.keys()):
        raise Misconfigured(f"{action.kind} takes no {foreign[0]}")
    return action


async def act_by_http(
    client: SubscriptionClient, number: str, action: Action, *, wait: float
) -> ActionResult:
    """Ask intake for an action, and again for its outcome for `wait` seconds.

    Raises:
        Misconfigured: intake refused the request itself; the message says why.
        Transient: intake gave no answer.
    """
    until = time.monotonic() + wait
    form = action.model_dump(mode="json", exclude_none=True)
    path = f"/v1/complaints/{quote(number, safe='')}/actions"
    taken = await _asked(client, "POST", path, form)
    while True:
        found = await _asked(client, "GET", str(taken["status_url"]))
        if found["status"] != PENDING or time.monotonic() >= until:
            return ActionResult(
                taken["action_id"], found["status"], found.get("code"), found.get("detail")
            )
        await asyncio.sleep(POLL_SECONDS)


async def act_by_kafka(
    settings: KafkaSettings, agency: str, about: str, action: Action, *, wait: float
) -> ActionResult:
    """Write an action to the institution's action topic, and wait `wait` seconds for its outcome.

    `about` is the complaint's id, or its number: that is looked for on the institution's topic.

    Raises:
        BrokerAway: Kafka did not answer.
        Misconfigured: no such complaint on the topic, or this user may not write there.
    """
    known = _read_id(about)
    start = "latest" if known else "earliest"
    async with opened(settings, agency, start=start) as (consumer, partition):
        complaint = known or await _found(consumer, partition, about)
        own_id = str(uuid4())
        action_id = str(agency_record_id(agency, own_id))
        await _write(settings, agency, AgencyAction(complaint_id=complaint, action=action), own_id)
        try:
            async with asyncio.timeout(wait):
                return await _outcome(consumer, action_id)
        except TimeoutError:
            return ActionResult(action_id, PENDING)


async def _asked(
    client: SubscriptionClient, method: str, path: str, form: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    key = str(uuid4()) if form is not None else None
    reply = await client.ask(method, path, dict(form) if form is not None else None, key=key)
    if 400 <= reply.status < 500:
        raise Misconfigured(f"intake refused it: {reply.status} {reply.body.get('detail', '')}")
    if not 200 <= reply.status < 300:
        raise Transient(f"intake did not answer: {reply.status} {reply.body.get('detail', '')}")
    return reply.body


def _read_id(about: str) -> UUID | None:
    try:
        return UUID(about)
    except ValueError:
        return None


async def _found(consumer: AIOKafkaConsumer, partition: TopicPartition, number: str) -> UUID:
    """Return the id of the complaint with this number, read from all that the topic keeps."""
    end = (await consumer.end_offsets([partition]))[partition]
    while await consumer.position(partition) < end:
        event = _event((await consumer.getone()).value)
        if event.get("number") == number.upper():
            return UUID(event["complaint_id"])
    topic = partition.topic
    raise Misconfigured(f"no event about {number} is on {topic}: give its complaint_id instead")


async def _write(settings: KafkaSettings, agency: str, asked: AgencyAction, own_id: str) -> None:
    topic = action_topic(agency)
    try:
        async with create_producer(settings) as producer:
            await producer.send_and_wait(
                topic,
                asked.model_dump_json(exclude_none=True).encode(),
                key=str(asked.complaint_id).encode(),
                headers=[("ce_id", own_id.encode())],
            )
    except TopicAuthorizationFailedError:
        raise Misconfigured(f"the user {settings.username} may not write {topic}") from None
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not take it on {topic}: {error!r}") from error


async def _outcome(consumer: AIOKafkaConsumer, action_id: str) -> ActionResult:
    while True:
        event = _event((await consumer.getone()).value)
        if event.get("action_id") != action_id:
            continue
        refusal = event.get("refusal") or {}
        is_refused = event.get("outcome") == AgencyOutcome.REFUSED
        status = REFUSED if is_refused else APPLIED
        return ActionResult(action_id, status, refusal.get("code"), refusal.get("detail"))


def _event(value: bytes | None) -> Event:
    try:
        found = json.loads(value or b"")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

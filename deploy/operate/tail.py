"""Follows an institution's topic as the institution itself would: a plain Kafka client, no group.

What is shown comes from citizens: control characters are blanked, so that no text can take over
the terminal.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.topics import agency_topic
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import client_options, create_admin
from shared.settings import KafkaSettings

TEXT_LENGTH = 60


async def follow(
    settings: KafkaSettings, agency: str, *, from_beginning: bool = False
) -> AsyncGenerator[str, None]:
    """Yield one readable line per event, for ever.

    Raises:
        BrokerAway: Kafka did not answer.
        Misconfigured: the institution has no topic, or not for this user.
    """
    start = "earliest" if from_beginning else "latest"
    async with opened(settings, agency, start=start) as (consumer, _):
        async for record in consumer:
            yield line_of(record.value, record.offset)


@asynccontextmanager
async def opened(
    settings: KafkaSettings, agency: str, *, start: str
) -> AsyncGenerator[tuple[AIOKafkaConsumer, TopicPartition], None]:
    """Open an institution's topic: a consumer of no group, and the one partition it has.

    It starts at what is `earliest` or `latest` there; where that is, is known when it is yielded.

    Raises:
        BrokerAway: Kafka did not answer, or did not let the user in.
        Misconfigured: the institution has no topic, or not for this user.
    """
    topic = agency_topic(agency)
    await _require(settings, topic)
    # Not by `seek_to_beginning`: the reset to the end that an assignment begins can overtake it.
    consumer = AIOKafkaConsumer(
        **client_options(settings), enable_auto_commit=False, auto_offset_reset=start
    )
    try:
        await consumer.start()
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.position(partition)
        yield consumer, partition
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not give {topic}: {error!r}") from error
    finally:
        await consumer.stop()


async def _require(settings: KafkaSettings, topic: str) -> None:
    admin, user = create_admin(settings), settings.username
    try:
        await admin.start()
        existing = await admin.list_topics()
    except (KafkaError, OSError) as error:
        refused = f", or refused the user {user} and its password" if user else ""
        raise BrokerAway(
            f"Kafka did not answer at {settings.bootstrap_servers}{refused}"
        ) from error
    finally:
        await admin.close()
    if topic not in existing:
        code = topic.removeprefix("agency-")
        way = f"`salur topics create --agencies {code}` makes it"
        unseen = f", or the user {user} may not read it" if user else ""
        raise Misconfigured(f"no topic {topic}{unseen}; {way}")


def line_of(value: bytes | None, offset: int) -> str:
    """Return one event as one line: when, what, which complaint, how it stands, what it says."""
    try:
        event = json.loads(value or b"")
        return plain(_describe(event))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"(the record at offset {offset} is no event)"


def _describe(event: Mapping[str, Any]) -> str:
    when = str(event["at"])[:19].replace("T", " ")
    if "endpoint_id" in event:
        return f"{when}  {'endpoint test':<16}  {event['endpoint_id']}"
    words = [when, f"{event['outcome']:<16}", str(event["number"])]
    words += [str(event[name]) for name in ("status", "unit", "category") if event.get(name)]
    said = _said(event)
    return "  ".join(words) + (f"  {said}" if said else "")


def _said(event: Mapping[str, Any]) -> str:
    complaint, refusal = event.get("complaint") or {}, event.get("refusal") or {}
    parts = (complaint.get("title"), complaint.get("text"), event.get("text"))
    texts = [_short(str(text)) for text in parts if text]
    if refusal:
        about = f" (action {event['action_id']})" if event.get("action_id") else ""
        texts.append(f"REFUSED {refusal.get('code')}: {refusal.get('detail')}{about}")
    return " — ".join(texts)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_LENGTH else f"{line[: TEXT_LENGTH - 1]}…"


def plain(text: str) -> str:
    """Return the text on one line, without characters that a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)

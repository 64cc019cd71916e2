"""Follows an institution's topic as the institution itself would: a plain Kafka client, no group.

What is shown comes from citizens: control characters are blanked, so that no text can take over
the terminal.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.errors import BrokerAway, Misconfigured
from shared.kafka import client_options, create_admin
from shared.settings import KafkaSettings
from shared.topics import agency_topic

TEXT_LENGTH = 60


async def follow(
    settings: KafkaSettings, agency: str, *, from_beginning: bool = False
) -> AsyncGenerator[str, None]:
    """Yield one readable line per event, for ever.

    Raises:
        BrokerAway: Kafka did not answer.
        Misconfigured: the institution has no topic.
    """
    topic = agency_topic(agency)
    await _require(settings, topic)
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
    try:
        await consumer.start()
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await (consumer.seek_to_beginning if from_beginning else consumer.seek_to_end)(partition)
        async for record in consumer:
            yield line_of(record.value, record.offset)
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not give {topic}: {error!r}") from error
    finally:
        await consumer.stop()


async def _require(settings: KafkaSettings, topic: str) -> None:
    admin = create_admin(settings)
    try:
        await admin.start()
        existing = await admin.list_topics()
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not answer at {settings.bootstrap_servers}") from error
    finally:
        await admin.close()
    if topic not in existing:
        code = topic.removeprefix("agency-")
        raise Misconfigured(f"no topic {topic}; `salur topics create --agencies {code}` makes it")


def line_of(value: bytes | None, offset: int) -> str:
    """Return one event as one line: when, what, which complaint, how it stands, what it says."""
    try:
        event = json.loads(value or b"")
        return plain(_describe(event))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"(the record at offset {offset} is no event)"


def _describe(event: Mapping[str, Any]) -> str:
    when = str(event["at"])[:19].replace("T", " ")
    words = [when, f"{event['outcome']:<16}", str(event["number"])]
    words += [str(event[name]) for name in ("status", "unit", "category") if event.get(name)]
    said = _said(event)
    return "  ".join(words) + (f"  {said}" if said else "")


def _said(event: Mapping[str, Any]) -> str:
    complaint, refusal = event.get("complaint") or {}, event.get("refusal") or {}
    parts = (complaint.get("title"), complaint.get("text"), event.get("text"))
    texts = [_short(str(text)) for text in parts if text]
    if refusal:
        texts.append(f"{refusal.get('code')}: {refusal.get('detail')}")
    return " — ".join(texts)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_LENGTH else f"{line[: TEXT_LENGTH - 1]}…"


def plain(text: str) -> str:
    """Return the text on one line, without characters that a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)

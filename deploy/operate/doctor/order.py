"""Whether the last record of a case on `complaint-event` is its newest; looked at in a sample.

Compaction keeps the last record of a key, so an older one behind it would be what is left.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from deploy.operate.doctor.findings import DoctorFinding, counted, fine, named, note, wrong
from shared.contracts.topics import EVENT
from shared.contracts.value_objects import Frozen
from shared.errors import BrokerAway, Permanent
from shared.kafka.clients import client_options
from shared.kafka.envelope import Record, decode
from shared.settings import KafkaSettings

CHECK = "order"
SAMPLE = 200  # last records of each partition
SECONDS = 20.0  # for all of them; what is not there by then is not looked at


class EventVersion(Frozen):
    """Of an event, only which case it tells of and how new it is."""

    number: str
    seq: int


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """How many cases were looked at, and of which the last record is not the newest.

    `last` maps such a case's number to the `seq` of its last record and to the highest.
    """

    cases: int
    last: Mapping[str, tuple[int, int]]
    hidden: bool = False  # this user may not read the topic


def order_of(records: Iterable[Record]) -> OrderFacts:
    """Judge records that are in order within each partition; what cannot be read is left out."""
    newest: dict[str, int] = {}
    last: dict[str, int] = {}
    for record in records:
        try:
            said = decode(record, EventVersion)
        except Permanent:
            continue
        last[said.number] = said.seq
        newest[said.number] = max(said.seq, newest.get(said.number, 0))
    late = {number: (seq, newest[number]) for number, seq in last.items() if seq < newest[number]}
    return OrderFacts(len(last), late)


def judge_order(facts: OrderFacts) -> Iterator[DoctorFinding]:
    """Yield what there is to say."""
    if facts.hidden:
        do = "run it as salur-operator, which may"
        yield note(CHECK, f"not looked at: this user may not read {EVENT}", do=do)
    elif facts.last:
        told = (f"{n} (seq {last}, not {most})" for n, (last, most) in sorted(facts.last.items()))
        yield wrong(
            CHECK,
            f"the last record on {EVENT} is not the newest of {named(told)}",
            f"{counted(len(facts.last), 'case')} of {facts.cases} looked at",
            do="look again after a minute: a router may be about to say them again; else any"
            " action on the case says it anew, which must be within 90 days, before compaction",
        )
    else:
        yield fine(CHECK, f"the newest state of each case is last on {EVENT}", facts.cases)


def ask_order(settings: KafkaSettings, partitions: int) -> OrderFacts:
    """Return what the ends of the topic's partitions tell; not from within an event loop.

    Raises:
        BrokerAway: Kafka does not answer.
    """
    return asyncio.run(read_order(settings, partitions))


async def read_order(settings: KafkaSettings, partitions: int) -> OrderFacts:
    """Do as `ask_order`, within an event loop."""
    places = [TopicPartition(EVENT, number) for number in range(partitions)]
    try:
        async with AIOKafkaConsumer(
            **client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest"
        ) as consumer:
            return order_of(await _ends(consumer, places))
    except TopicAuthorizationFailedError:
        return OrderFacts(0, {}, hidden=True)
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerAway(f"{EVENT} not read: {type(error).__name__}") from error


async def _ends(consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> list[Record]:
    consumer.assign(places)
    beginnings = await consumer.beginning_offsets(places)
    ends = await consumer.end_offsets(places)
    for place in places:
        consumer.seek(place, max(beginnings[place], ends[place] - SAMPLE))
    waiting = {place for place in places if ends[place] > beginnings[place]}
    found: list[Record] = []
    try:
        async with asyncio.timeout(SECONDS):
            while waiting:
                for records in (await consumer.getmany(*waiting, timeout_ms=200)).values():
                    found += records
                waiting = {p for p in waiting if await consumer.position(p) < ends[p]}
    except TimeoutError:
        pass  # a sample all the same
    return found

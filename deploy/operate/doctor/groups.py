"""Judges the consumer groups: who reads, how far behind, and which dead letters wait."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    for_code,
)

from deploy.operate.dead_letters.reader import replays_of
from deploy.operate.doctor.broker import TopicFacts
from deploy.operate.doctor.findings import DoctorFinding, counted, fine, named, note, wrong
from services.metrics.lag.group_lag import (
    Place,
    is_in_use,
    oldest_ages,
    watched_groups,
)
from services.metrics.lag.offsets import KafkaOffsets
from shared.contracts.topics import OPTIONAL_GROUPS, SERVICES, dead_letter_topic, service_of
from shared.errors import BrokerAway
from shared.kafka.clients import create_admin
from shared.settings import KafkaSettings

CHECK = "groups"
LETTERS = "dead letters"
FORBIDDEN = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """One group: how many members, how many records behind, and the age of the oldest by topic.

    `lost` are records by topic that Kafka deleted before the group had read them.
    """

    group: str
    members: int
    lag: Mapping[str, int] = field(default_factory=dict)  # by topic, where there is any
    ages: Mapping[str, float] = field(default_factory=dict)  # seconds, where readable
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """All groups in use, and how many dead letters of each service were never replayed."""

    groups: Sequence[GroupFacts]
    letters: Mapping[str, int]
    hidden: Sequence[str] = ()  # groups that this user may not ask about


def ask_groups(
    settings: KafkaSettings, topics: Mapping[str, TopicFacts], now_ms: int
) -> ReadingFacts:
    """Return how the groups stand, without joining any; BrokerAway where Kafka does not tell."""
    return asyncio.run(read_groups(settings, topics, now_ms))


async def read_groups(
    settings: KafkaSettings, topics: Mapping[str, TopicFacts], now_ms: int
) -> ReadingFacts:
    """Do as `ask_groups`, within an event loop."""
    offsets = KafkaOffsets(settings)
    try:
        groups, letters, hidden = [], {}, []
        for group, read in watched_groups(topics).items():
            try:
                members = await _members(settings, group)
                found = await _group(offsets, group, _places(read, topics), now_ms)
            except FORBIDDEN:
                hidden.append(group)
                continue
            if found is not None or members:
                groups.append(GroupFacts(group, members, *(found or ())))
        for service in SERVICES:
            try:
                letters[service] = await _letters(offsets, service, topics)
            except FORBIDDEN:
                hidden.append(replays_of(service))
        return ReadingFacts(groups, letters, hidden)
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerAway(f"groups not read: {type(error).__name__}") from error
    finally:
        await offsets.close()


def judge_groups(facts: ReadingFacts, *, most_age: float) -> Iterator[DoctorFinding]:
    """Yield what there is to say of each group; an age in seconds beyond `most_age` is wrong."""
    for one in facts.groups:
        yield _judged(one, most_age)
        if one.lost:
            yield _lost(one)
    if facts.hidden:
        what = f"not looked at: this user may not ask about {named(facts.hidden)}"
        do = "run it as salur-operator, which may"
        yield note(CHECK, what, counted(len(facts.hidden), "group"), do=do)


def judge_letters(facts: ReadingFacts) -> Iterator[DoctorFinding]:
    """Yield which services have dead letters that nobody has sent back."""
    waiting = {service: number for service, number in facts.letters.items() if number}
    for service, number in waiting.items():
        yield wrong(
            LETTERS,
            f"{dead_letter_topic(service)} has records that {service} could not handle",
            number,
            do=f"salur dead-letters list {service}; mend the cause;"
            f" salur dead-letters replay {service}",
        )
    if facts.letters and not waiting:
        yield fine(LETTERS, f"none waits of {named(facts.letters)}")


def _judged(one: GroupFacts, most_age: float) -> DoctorFinding:
    service, behind = service_of(one.group), sum(one.lag.values())
    oldest = max(one.ages.values(), default=None)
    age = "of unknown age" if oldest is None else f"the oldest {oldest:.0f} s old"
    told = counted(behind, "record") + " behind" + (f", {age}" if behind else "")
    members = counted(one.members, "member")
    if not one.members and (behind or one.group not in OPTIONAL_GROUPS):
        do = f"no {service} reads: start one, and look at its log"
        return wrong(CHECK, f"group {one.group} has no member", told, do=do)
    if oldest is not None and oldest > most_age:
        where = ", ".join(sorted(topic for topic, old in one.ages.items() if old > most_age))
        do = f"ask each {service} for /readyz; if all are ready, run more of them"
        return wrong(CHECK, f"group {one.group} is late on {where}", f"{told}; {members}", do=do)
    if behind and oldest is None:
        return note(CHECK, f"group {one.group} reads", f"{told}; {members}")
    return fine(CHECK, f"group {one.group} reads", f"{told}; {members}")


def _lost(one: GroupFacts) -> DoctorFinding:
    what = f"Kafka deleted what group {one.group} had not read on {named(one.lost)}"
    do = (
        "accepted complaints are said again within the hour; have topics keep records longer than"
        " the longest stop; it stands here until the group commits on that topic again"
    )
    return wrong(CHECK, what, counted(sum(one.lost.values()), "record"), do=do)


async def _group(
    offsets: KafkaOffsets, group: str, places: frozenset[Place], now_ms: int
) -> tuple[dict[str, int], dict[str, float], dict[str, int]] | None:
    partitions = await offsets.group_offsets(group, places)
    if not is_in_use(group, partitions):
        return None
    starts = {one.place: one.next for one in partitions if one.lag}
    ages = oldest_ages(partitions, await offsets.sent(group, starts), now_ms)
    lag = _by_topic((one.topic, one.lag) for one in partitions)
    lost = _by_topic((one.topic, one.lost) for one in partitions)
    return lag, {topic: age for topic, age in ages.items() if topic in lag}, lost


def _by_topic(numbers: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for topic, number in numbers:
        found[topic] += number
    return dict(+found)


async def _letters(offsets: KafkaOffsets, service: str, topics: Mapping[str, TopicFacts]) -> int:
    topic = dead_letter_topic(service)
    if topic not in topics:  # named elsewhere; asking for it could create it
        return 0
    partitions = await offsets.group_offsets(replays_of(service), _places({topic}, topics))
    return sum(one.lag for one in partitions)


def _places(names: frozenset[str] | set[str], topics: Mapping[str, TopicFacts]) -> frozenset[Place]:
    return frozenset((name, number) for name in names for number in range(topics[name].partitions))


async def _members(settings: KafkaSettings, group: str) -> int:
    # One group per question: the library misreads an answer about several.
    admin = create_admin(settings)
    try:
        await admin.start()
        (answer,) = await admin.describe_consumer_groups([group])
        code, *_, members = answer.groups[0][:6]
        if code:
            raise for_code(code)
        return len(members)
    finally:
        await admin.close()

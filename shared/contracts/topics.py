"""The topics as data: created from here, documented from here, checked against the code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from struct import iter_unpack

from shared.contracts.identifiers import AGENCY_CODE

DAY_MS = 24 * 3600 * 1000
PARTITIONS = 24
INPUT = "complaint-input"
EVENT = "complaint-event"
REPORTERS = "notifier-reporters"  # the notifier's second stage, and its group: tells reporters
# Closed with `$`: aiokafka matches prefixes, and the first would take the second's topics too.
AGENCY_PATTERN = f"^agency-{AGENCY_CODE.pattern}$"
ACTION_PATTERN = f"^agency-{AGENCY_CODE.pattern}-action$"
_SEED, _MIX, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF
MOST_REMEMBERED = 4_096  # keys, whose records follow each other
_AGENCY = re.compile(f"agency-({AGENCY_CODE.pattern})(-action)?")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One row of the table; `<code>` in a name stands for an institution, a topic each."""

    name: str
    event: str  # the model in shared.contracts.events
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    partitions: int
    keep: str
    config: Mapping[str, str] = field(default_factory=dict)
    key: str = "complaint id"
    dead_letter: str | None = None

    @property
    def is_compacted(self) -> bool:
        """Tell whether Kafka keeps the last record of each key for ever."""
        return self.config.get("cleanup.policy") == "compact"


def _kept_days(days: int) -> Mapping[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS)}


def _kept_shortly(days: int) -> Mapping[str, str]:
    # Words that nobody has masked may lie there: gone at most a day after their time.
    return {**_kept_days(days), "segment.ms": str(DAY_MS)}


# Every event for 90 days, the last one of each case for ever.
_COMPACTED = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(90 * DAY_MS),
    "max.compaction.lag.ms": str(97 * DAY_MS),
    "segment.ms": str(DAY_MS),
}

SERVICES = ("intake", "router", "notifier", "metrics")
GROUPS = (*SERVICES, REPORTERS)
OPTIONAL_GROUPS = frozenset({REPORTERS})  # not every installation writes to reporters
TOPICS = (
    TopicSpec(
        name=INPUT,
        event="Submitted, ActionRequested, DeadlinePassed, RepublishRequested, Tick",
        # The router tells itself which deadlines have passed; ticks come from `salur replay`, and
        # what is to be said again from `salur dead-letters replay`.
        producers=("intake", "router"),
        consumers=("router",),
        partitions=PARTITIONS,
        keep="30 d",
        config=_kept_days(30),
        dead_letter="router-dlq",
    ),
    TopicSpec(
        name=EVENT,
        event="CaseChanged",
        producers=("router",),
        consumers=("metrics", "notifier"),
        partitions=PARTITIONS,
        keep="compacted after 90 d",
        config=_COMPACTED,
        dead_letter="metrics-dlq",
    ),
    TopicSpec(
        name="agency-<code>",
        event="AgencyEvent, EndpointTest",
        # intake tells why it could not pass an institution's record on, and tries endpoints.
        producers=("router", "intake"),
        consumers=("that agency", "notifier"),
        partitions=1,
        keep="90 d",
        config=_kept_days(90),
        dead_letter="notifier-dlq",
    ),
    TopicSpec(
        name="agency-<code>-action",
        event="AgencyAction",
        producers=("that agency",),
        consumers=("intake",),
        partitions=1,
        keep="7 d",
        # The broker's time, not the writer's: it becomes the time of the action.
        config={**_kept_shortly(7), "message.timestamp.type": "LogAppendTime"},
        dead_letter="intake-dlq",
    ),
    *(
        TopicSpec(
            name=f"{service}-dlq",
            event="the original record",
            producers=(service,),
            consumers=("operators",),
            partitions=1,
            keep="30 d",
            config=_kept_shortly(30),
            key="original key",
        )
        for service in SERVICES
    ),
)

_BY_NAME = {spec.name: spec for spec in TOPICS}


def agency_topic(code: str) -> str:
    """Return the topic on which an institution hears."""
    return f"agency-{code}"


def action_topic(code: str) -> str:
    """Return the topic on which an institution acts."""
    return f"agency-{code}-action"


def group_of(service: str, topic: str) -> str:
    """Return the consumer group under which a service reads a topic."""
    return REPORTERS if (service, topic) == ("notifier", EVENT) else service


def service_of(stage: str) -> str:
    """Return the service that a stage is part of: it has its dead letters and its stops."""
    return "notifier" if stage == REPORTERS else stage


def dead_letter_topic(service: str) -> str:
    """Return the topic of a service's dead letters."""
    return f"{service}-dlq"


def agency_of(topic: str) -> str | None:
    """Return the institution whose topic (either of the two) this is, or None."""
    found = _AGENCY.fullmatch(topic)
    return found.group(1) if found else None


def is_agency_written(topic: str) -> bool:
    """Tell whether an institution, and not one of the services, writes this topic."""
    return topic.endswith("-action")


def spec_of(topic: str) -> TopicSpec:
    """Return the row that a real topic's name belongs to; KeyError if none does."""
    code = agency_of(topic)
    return _BY_NAME[topic.replace(code, "<code>") if code else topic]


def topics_for(agencies: tuple[str, ...]) -> dict[str, TopicSpec]:
    """Return every real topic of an installation with these institutions."""
    names: dict[str, TopicSpec] = {}
    for spec in TOPICS:
        codes = agencies if "<code>" in spec.name else ("",)
        names |= {spec.name.replace("<code>", code): spec for code in codes}
    return names


@lru_cache(maxsize=MOST_REMEMBERED)
def murmur2(key: bytes) -> int:
    """Return MurmurHash2 as `org.apache.kafka.common.utils.Utils.murmur2` has it, unsigned.

    Remembered, and word by word: aiokafka's own goes byte by byte, for each record of a key, and
    took a tenth of what a complaint costs in the router.
    """
    found, whole = _SEED ^ len(key), len(key) & ~3
    for (word,) in iter_unpack("<I", key[:whole]):
        mixed = word * _MIX & _MASK
        mixed = (mixed ^ mixed >> 24) * _MIX & _MASK
        found = (found * _MIX & _MASK) ^ mixed
    if whole < len(key):
        found = (found ^ int.from_bytes(key[whole:], "little")) * _MIX & _MASK
    found = (found ^ found >> 13) * _MIX & _MASK
    return found ^ found >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition, of so many, that a key belongs to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions

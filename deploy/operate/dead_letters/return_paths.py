"""Which way a dead letter goes back: as it is, or said again by the one that said it first.

An event that the router said is never written back. It would lie behind newer ones, as the last
record of its key, which compaction keeps; and it would bring back words that were erased since.
The router is asked to say its case again, as it is by now.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid5

from deploy.operate.dead_letters.reader import StoredDeadLetter
from services.intake.submit.kafka_records import SOURCE as INTAKE
from shared.contracts.events import InputType, RepublishRequested
from shared.contracts.topics import INPUT, TopicSpec, agency_of, is_agency_written
from shared.kafka.envelope import Outgoing

SOURCE = "salur/dead-letters"
MOST_IDS = 100  # looked at in one letter
# As a validator takes them, with hyphens or without.
_ID = re.compile(rb"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NotReplayable:
    """A letter that stays where it is, and why."""

    because: str


def return_path(
    letter: StoredDeadLetter, *, now: datetime
) -> StoredDeadLetter | Outgoing | NotReplayable:
    """Return what to publish for a letter: the letter itself, or what asks the router."""
    spec = letter.spec
    if spec is None:
        return NotReplayable("it names no topic of ours as its origin")
    if not is_published_by_router(letter, spec):
        return letter
    complaint = _id_in(letter.key)
    if complaint is None:
        return NotReplayable("its key is no complaint's id, so the router cannot say it again")
    return republish_request(complaint, letter.topic, _id_in(letter.header("ce_id")), now=now)


def is_published_by_router(letter: StoredDeadLetter, spec: TopicSpec) -> bool:
    """Tell whether the router can say it again: all case events, and what institutions hear.

    Of that, intake says some, which tells no complaint.
    """
    is_heard = agency_of(letter.topic) is not None and not is_agency_written(letter.topic)
    return spec.is_compacted or (is_heard and letter.header("ce_source") != INTAKE)


def republish_request(
    complaint: UUID, topic: str, event: UUID | None, *, now: datetime
) -> Outgoing:
    """Return the input by which the router says a case again from one event on."""
    value = RepublishRequested(complaint_id=complaint, topic=topic, event_id=event)
    return Outgoing(
        topic=INPUT,
        key=str(complaint).encode(),
        value=value.model_dump_json(exclude_none=True).encode(),
        ce_id=str(uuid5(complaint, f"say again {topic} {event}")),
        ce_type=InputType.SAY_AGAIN,
        ce_source=SOURCE,
        ce_time=now,
    )


def ids_in(letter: StoredDeadLetter) -> set[UUID]:
    """Return the ids in a letter's key and value, also where these are broken: 100 at most."""
    found = _ID.finditer(b" ".join((letter.key or b"", letter.value or b"")))
    return {UUID(one.group().decode()) for one in islice(found, MOST_IDS)}


def _id_in(text: bytes | str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text.decode() if isinstance(text, bytes) else text)
    except ValueError:
        return None

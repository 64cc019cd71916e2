"""The two collections that are restored, each decoded and written as its own service does it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from deploy.operate.restore.outcomes import Judged, RestoreOutcome
from services.metrics import store as facts_store
from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import Fact, fact_of
from services.router import store as cases_store
from services.router.deadlines.due_index import CLOCKS
from shared.contracts.case import Case
from shared.contracts.events import CaseChanged
from shared.database.collections import CASES, FACTS
from shared.database.mongo import Collection, Mongo
from shared.errors import Undecodable
from shared.kafka.envelope import Record, decode

Value = TypeVar("Value")
Document = dict[str, Any]
_AS_STORED: CodecOptions[Document] = CodecOptions(
    tz_aware=True, uuid_representation=UuidRepresentation.STANDARD
)


@dataclass(frozen=True, slots=True)
class RestoredState(Generic[Value]):
    """What one event tells of its complaint: its case, or its fact."""

    complaint_id: UUID
    seq: int
    value: Value


class RestoreTarget(Protocol[Value]):
    """One collection; states are given at most once per complaint and call."""

    @property
    def name(self) -> str:
        """Return what the collection is called."""
        ...

    def decode(self, record: Record, /) -> RestoredState[Value]:
        """Return what a record tells; Undecodable where it is broken."""
        ...

    def prepare(self) -> Awaitable[None]:
        """Create the indexes."""
        ...

    async def write(self, states: Sequence[RestoredState[Value]]) -> Mapping[UUID, Judged]:
        """Write what is newer than what is stored."""
        ...

    async def compare(self, states: Sequence[RestoredState[Value]]) -> Mapping[UUID, Judged]:
        """Tell how what is stored differs; write nothing."""
        ...

    async def count(self) -> int:
        """Return how many complaints are stored."""
        ...


@dataclass(frozen=True, slots=True)
class CollectionTarget(Generic[Value]):
    """A collection, and how its only writer reads, writes and stores.

    `save` writes under a guard on `seq` and returns who is stored as new or newer; `document` is
    what is stored but for the fields `apart`, which no event tells.
    """

    name: str
    collection: Collection
    decode: Callable[[Record], RestoredState[Value]]
    prepare: Callable[[], Awaitable[None]]
    save: Callable[[Sequence[Value]], Awaitable[frozenset[UUID]]]
    document: Callable[[Value], Mapping[str, Any]]
    apart: frozenset[str] = frozenset()

    async def write(self, states: Sequence[RestoredState[Value]]) -> Mapping[UUID, Judged]:
        """Write what is newer than what is stored."""
        there = await self.save([state.value for state in states])
        outcomes = {True: RestoreOutcome.ALREADY_THERE, False: RestoreOutcome.RESTORED}
        return {
            state.complaint_id: Judged(state.seq, outcomes[state.complaint_id in there])
            for state in states
        }

    async def compare(self, states: Sequence[RestoredState[Value]]) -> Mapping[UUID, Judged]:
        """Compare whole documents."""
        stored = await self._stored([state.complaint_id for state in states])
        return {
            state.complaint_id: Judged(
                state.seq, _outcome(self._expected(state), stored.get(state.complaint_id))
            )
            for state in states
        }

    async def count(self) -> int:
        """Return how many complaints are stored."""
        return await self.collection.count({})

    def _expected(self, state: RestoredState[Value]) -> Document:
        return {"_id": state.complaint_id, **self.document(state.value)}

    async def _stored(self, ids: Sequence[UUID]) -> dict[UUID, Document]:
        found = await self.collection.find({"_id": {"$in": ids}})
        return {
            document["_id"]: {key: document[key] for key in document.keys() - self.apart}
            for document in found
        }


def targets_of(mongo: Mongo) -> tuple[CollectionTarget[Case], CollectionTarget[Fact]]:
    """Return the collections of an installation that can be restored.

    When clocks ring next rests on the routers' files, not on events: a restored case is stale to
    every router, which makes that anew when it starts.
    """
    cases = cases_store.MongoCases(mongo.cases(CASES))
    facts = facts_store.MongoFacts(mongo.cases(FACTS))
    return (
        CollectionTarget(
            name=CASES,
            collection=mongo.cases(CASES),
            decode=case_in,
            prepare=cases.prepare,
            save=cases.restore,
            document=cases_store.document_of,
            apart=frozenset({CLOCKS}),
        ),
        CollectionTarget(
            name=FACTS,
            collection=mongo.cases(FACTS),
            decode=fact_in,
            prepare=facts.prepare,
            save=facts.save,
            document=facts_store.document_of,
        ),
    )


def case_in(record: Record) -> RestoredState[Case]:
    """Return the case that an event tells of.

    Raises:
        Undecodable: it breaks the contract, has another's key, or is not the whole case.
    """
    event = decode(record, CaseChanged)
    case = event.case
    if record.key != str(event.complaint_id).encode():
        raise Undecodable("wrong_key", f"the key is not the complaint id {event.complaint_id}")
    is_whole = [entry.seq for entry in case.history] == list(range(1, event.seq + 1))
    if event.complaint_id != case.complaint.complaint_id or not is_whole:
        raise Undecodable("inconsistent_event", f"not the whole case up to seq {event.seq}")
    return RestoredState(event.complaint_id, event.seq, case)


def fact_in(record: Record) -> RestoredState[Fact]:
    """Return the fact that an event gives; Undecodable where metrics would refuse it."""
    event = decode(record, CaseEvent)
    return RestoredState(event.complaint_id, event.seq, fact_of(event, record.partition))


def _outcome(expected: Document, stored: Document | None) -> RestoreOutcome:
    if stored is None:
        return RestoreOutcome.MISSING
    if stored["seq"] != expected["seq"]:
        return RestoreOutcome.OLDER if stored["seq"] < expected["seq"] else RestoreOutcome.NEWER
    # The database knows no tuples and no words of ours; what comes back is what it would hold.
    kept = bson.decode(bson.encode(expected, codec_options=_AS_STORED), _AS_STORED)
    return RestoreOutcome.EQUAL if _said(kept) == _said(stored) else RestoreOutcome.DIFFERENT


def _said(document: Document) -> Document:
    # A field that another release does not write says as much as one that is null.
    return {name: value for name, value in document.items() if value is not None}

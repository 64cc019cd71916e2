"""Cases in MongoDB, written under a guard on `seq`: two owners cannot both win."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from pymongo import IndexModel, InsertOne, ReplaceOne, UpdateOne

from services.router.deadlines.due_index import DUE_INDEX, timed, timing
from services.router.domain.case.fold import Fold
from services.router.domain.case.history import answer_due, is_overdue, triage_reason
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.republishing.input_positions import (
    POSITION_INDEX,
    InputPosition,
    positioned,
)
from shared.contracts.case import ActorKind, Case, Entry
from shared.contracts.documents import WHOLE_CASE, AgencyInputs, CaseDocument, CaseState
from shared.database.mongo import Collection, Write

# Also for intake, which only reads: an institution's cases, newest change first; those that wait,
# oldest first; and the case in which an institution's own record came to be an entry. An index of
# all inputs would halve the writes; most cases have no entry by an institution when they are new.
INDEXES = (
    IndexModel("number"),
    IndexModel([("institution", 1), ("updated_at", -1), ("_id", -1)]),
    IndexModel([("status", 1), ("received_at", 1), ("_id", 1)]),
    IndexModel("agency_inputs", sparse=True),
    DUE_INDEX,
    POSITION_INDEX,
)
Positions = Mapping[UUID, InputPosition]  # of the last input of each case
NOWHERE: Positions = {}


class CaseStore(Protocol):
    """Keeps cases."""

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        """Return the cases that exist, by complaint id; DatabaseAway if the store is away."""
        ...

    async def save(self, folds: Sequence[Fold], positions: Positions = NOWHERE) -> list[Fold]:
        """Write all changed cases; return those whose case had meanwhile changed."""
        ...


class MongoCases:
    """The collection `cases`; its only writer is the router.

    Without a timekeeper no clock rings for what is written, until a router finds it stale.
    """

    def __init__(
        self, collection: Collection, timekeeper: Callable[[], Timekeeper] = lambda: UNTIMED
    ) -> None:
        self._collection = collection
        self._timekeeper = timekeeper

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        """Return the cases that exist, in one query."""
        wanted = list(ids)
        if not wanted:
            return {}
        found = await self._collection.find({"_id": {"$in": wanted}}, fields=WHOLE_CASE)
        cases = (Case.model_validate(document) for document in found)
        return {case.complaint.complaint_id: case for case in cases}

    async def save(self, folds: Sequence[Fold], positions: Positions = NOWHERE) -> list[Fold]:
        """Write in one bulk; a stale guard shows as a duplicate key."""
        time = self._timekeeper()
        stale = await self._collection.write([_write(fold, time, positions) for fold in folds])
        return [folds[place] for place in stale]

    async def restore(self, cases: Sequence[Case]) -> frozenset[UUID]:
        """Write whole cases over older states; return those that are stored as new or newer."""
        time = self._timekeeper()
        stale = await self._collection.write([_replacement(case, time) for case in cases])
        return frozenset(cases[place].complaint.complaint_id for place in stale)


def _write(fold: Fold, time: Timekeeper, positions: Positions) -> Write:
    case = fold.after
    assert case is not None  # noqa: S101 — only changed folds are saved
    position = positioned(positions.get(case.complaint.complaint_id))
    if fold.before is None:
        return InsertOne(_whole(case, time) | position)
    guard = {"_id": case.complaint.complaint_id, "seq": fold.before.seq}
    if fold.is_rewritten:
        return ReplaceOne(guard, _whole(case, time) | position, upsert=True)
    new = case.history[fold.before.seq :]
    setting, unsetting = timing(case, time)
    return UpdateOne(
        guard,
        {
            "$set": {**_state(case), **setting, **position},
            **({"$unset": unsetting} if unsetting else {}),
            "$push": {
                "history": {"$each": [_plain(entry) for entry in new]},
                **{name: {"$each": ids} for name, ids in _agency_inputs(new).items()},
            },
        },
        upsert=True,
    )


def _replacement(case: Case, time: Timekeeper) -> Write:
    guard = {"_id": case.complaint.complaint_id, "seq": {"$lt": case.seq}}
    return ReplaceOne(guard, _whole(case, time), upsert=True)


def _whole(case: Case, time: Timekeeper) -> dict[str, Any]:
    return {**document_of(case), **timed(case, time)}


def document_of(case: Case) -> CaseDocument:
    """Return what is stored of a case but for its clocks: a function of its history."""
    return {
        "_id": case.complaint.complaint_id,
        "number": case.complaint.number,
        "received_at": case.complaint.received_at,
        "complaint": _plain(case.complaint),
        "history": [_plain(entry) for entry in case.history],
        **_agency_inputs(case.history),
        **_state(case),
    }


def _state(case: Case) -> CaseState:
    last = case.last
    return {
        "seq": last.seq,
        "status": last.status,
        "institution": last.institution,
        "unit": last.unit,
        "category": last.category,
        "updated_at": last.at,
        "overdue": is_overdue(case),
        "due": answer_due(case),
        "triage_reason": triage_reason(case),
    }


def _agency_inputs(entries: Iterable[Entry]) -> AgencyInputs:
    ids = [entry.input_id for entry in entries if entry.actor.kind is ActorKind.AGENCY]
    return {"agency_inputs": ids} if ids else {}


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = value.model_dump(exclude_none=True)
    return plain

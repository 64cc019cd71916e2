"""Cases in MongoDB, written under a guard on `seq`: two owners cannot both win."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from pymongo import IndexModel, InsertOne, UpdateOne

from services.router.domain.fold import Fold
from shared.case import Case
from shared.mongo import Collection, Write


class CaseStore(Protocol):
    """Keeps cases."""

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        """Return the cases that exist, by complaint id; DatabaseAway if the store is away."""
        ...

    async def save(self, folds: Sequence[Fold]) -> list[Fold]:
        """Write all changed cases; return those whose case had meanwhile changed."""
        ...


class MongoCases:
    """The collection `cases`; its only writer is the router."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes([IndexModel("number")])

    async def load(self, ids: Iterable[UUID]) -> dict[UUID, Case]:
        """Return the cases that exist, in one query."""
        wanted = list(ids)
        if not wanted:
            return {}
        found = await self._collection.find(
            {"_id": {"$in": wanted}}, fields=("complaint", "history")
        )
        cases = (Case.model_validate(document) for document in found)
        return {case.complaint.complaint_id: case for case in cases}

    async def save(self, folds: Sequence[Fold]) -> list[Fold]:
        """Write in one bulk; a stale guard shows as a duplicate key."""
        stale = await self._collection.write([_write(fold) for fold in folds])
        return [folds[place] for place in stale]


def _write(fold: Fold) -> Write:
    case = fold.after
    assert case is not None  # noqa: S101 — only changed folds are saved
    if fold.before is None:
        return InsertOne(_document(case))
    new = case.history[fold.before.seq :]
    return UpdateOne(
        {"_id": case.complaint.complaint_id, "seq": fold.before.seq},
        {
            "$set": _state(case),
            "$push": {"history": {"$each": [_plain(entry) for entry in new]}},
        },
        upsert=True,
    )


def _document(case: Case) -> dict[str, Any]:
    return {
        "_id": case.complaint.complaint_id,
        "number": case.complaint.number,
        "received_at": case.complaint.received_at,
        "complaint": _plain(case.complaint),
        "history": [_plain(entry) for entry in case.history],
        **_state(case),
    }


def _state(case: Case) -> dict[str, Any]:
    last = case.last
    return {
        "seq": last.seq,
        "status": last.status,
        "institution": last.institution,
        "unit": last.unit,
        "category": last.category,
        "updated_at": last.at,
    }


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = value.model_dump(exclude_none=True)
    return plain

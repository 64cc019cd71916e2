"""Which complaints are erased, or are to be: what was said of them before is not replayed."""

from collections.abc import Awaitable, Callable, Set
from uuid import UUID

from services.intake.erasure.model import ErasureState
from shared.contracts.case import Outcome
from shared.database.collections import CASES, ERASURES
from shared.database.mongo import Mongo

Erased = Callable[[Set[UUID]], Awaitable[Set[UUID]]]
# Its case may never have come to be: the first record of it is the letter.
_DECIDED = (ErasureState.ERASING, ErasureState.FADING, ErasureState.CLOSED)


def erased_in(mongo: Mongo) -> Erased:
    """Return what tells which of some complaints are erased, by their cases and by the ledger."""

    async def erased(ids: Set[UUID]) -> Set[UUID]:
        if not ids:
            return frozenset()
        these = {"_id": {"$in": list(ids)}}
        blank = these | {"history.outcome": Outcome.ERASED.value}
        decided = these | {"state": {"$in": [state.value for state in _DECIDED]}}
        cases = await mongo.cases(CASES).find(blank, fields=("_id",))
        rows = await mongo.private(ERASURES).find(decided, fields=("_id",))
        return {one["_id"] for one in (*cases, *rows)}

    return erased


async def nobody(_: Set[UUID]) -> Set[UUID]:
    """Say that no complaint is erased, where no database tells it."""
    return frozenset()

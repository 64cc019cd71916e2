"""The indexes that the stores declare, against those that the database has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo import IndexModel

from deploy.operate.doctor.findings import DoctorFinding, fine, wrong
from services.intake.audit.store import INDEXES as AUDIT_INDEXES
from services.intake.erasure.store import INDEXES as ERASURE_INDEXES
from services.intake.store import RECEIPT_INDEXES
from services.metrics.store import INDEXES as FACT_INDEXES
from services.notifier.database import INDEXES as DELIVERY_INDEXES
from services.notifier.reporters.allowance import INDEXES as ALLOWANCE_INDEXES
from services.router.duplicates.sketch_log import INDEXES as NEIGHBOUR_INDEXES
from services.router.store import INDEXES as CASE_INDEXES
from shared.database.collections import (
    ALLOWANCES,
    AUDIT,
    CASES,
    COLLECTIONS,
    DELIVERIES,
    ERASURES,
    FACTS,
    NEIGHBOURS,
    RECEIPTS,
)

CHECK = "indexes"
DECLARED: Mapping[str, Sequence[IndexModel]] = {
    CASES: CASE_INDEXES,
    FACTS: FACT_INDEXES,
    NEIGHBOURS: NEIGHBOUR_INDEXES,
    RECEIPTS: RECEIPT_INDEXES,
    AUDIT: AUDIT_INDEXES,
    ERASURES: ERASURE_INDEXES,
    DELIVERIES: DELIVERY_INDEXES,
    ALLOWANCES: ALLOWANCE_INDEXES,
}
_KINDS = ("unique", "sparse", "expireAfterSeconds")  # what makes it another index
Present = Mapping[str, Sequence[Mapping[str, Any]]]  # by collection, as the database lists them


def judge_indexes(present: Present) -> Iterator[DoctorFinding]:
    """Yield which indexes are missing or of another kind, by collection."""
    writers = {spec.name: spec.writer for spec in COLLECTIONS}
    found = [
        one
        for name, declared in DECLARED.items()
        for index in declared
        if (one := _judged(name, writers[name], index, present.get(name, ()))) is not None
    ]
    yield from found
    if not found:
        total = sum(map(len, DECLARED.values()))
        yield fine(CHECK, "every index that the stores declare is there", f"{total} indexes")


def _judged(
    collection: str, writer: str, index: IndexModel, present: Sequence[Mapping[str, Any]]
) -> DoctorFinding | None:
    wanted = index.document
    keys, name = list(wanted["key"].items()), wanted["name"]
    same = next((one for one in present if list(one["key"].items()) == keys), None)
    if same is None:
        do = f"restart one {writer}: it makes what is missing when it starts"
        return wrong(CHECK, f"collection {collection} has no index {name}", "missing", do=do)
    differing = [kind for kind in _KINDS if _kind(same, kind) != _kind(wanted, kind)]
    if differing:
        told = ", ".join(f"{kind}={_kind(same, kind)}" for kind in differing)
        do = f"drop it, then restart one {writer}, which makes it again"
        return wrong(CHECK, f"index {name} of {collection} is of another kind", told, do=do)
    return None


def _kind(document: Mapping[str, Any], kind: str) -> object:
    value = document.get(kind)
    return value if kind == "expireAfterSeconds" else bool(value)

"""Texts of a table through the router's brain: one decision each, as a line of JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

import orjson
from pydantic import ValidationError

from deploy.model.datasets.csv_table import CsvTable
from services.router.domain.routing.engine import Decider
from shared.contracts.case import MAX_TEXT, Complaint, Decision, Place
from shared.errors import Misconfigured

BATCH = 256
MAX_TITLE = 500
_NOBODY = UUID(int=0)
_NO_NUMBER = "0" * 16
_NOWHERE = Place()
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Given:
    """Names of the columns: only `text` must be there; `id` is copied into each decision."""

    text: str
    title: str | None = None
    id: str | None = None
    region: str | None = None
    category: str | None = None


def read_complaints(table: CsvTable, given: Given) -> Iterator[Complaint]:
    """Yield each row as a complaint; texts and titles beyond the contract's bounds are cut.

    Raises:
        Misconfigured: a column is missing, or a region code has another form; names the line.
    """
    texts = table.column(given.text)
    titles, regions, categories = (
        table.column(name) if name else [""] * len(texts)
        for name in (given.title, given.region, given.category)
    )
    for line, text, title, region, category in zip(
        table.lines, texts, titles, regions, categories, strict=True
    ):
        yield Complaint(
            complaint_id=_NOBODY,
            number=_NO_NUMBER,
            title=title[:MAX_TITLE],
            text=text[:MAX_TEXT],
            place=_place(region, f"{table.name}: line {line}: column `{given.region}`"),
            category=category[:MAX_TITLE] or None,
            received_at=_NO_TIME,
        )


def decide_all(
    complaints: Iterator[Complaint],
    ids: Sequence[str] | None,
    decider: Decider,
    known: frozenset[str],
) -> Iterator[tuple[Decision, bytes]]:
    """Yield each complaint's decision, and the same as a line of JSON, in order."""
    done = 0
    while batch := list(islice(complaints, BATCH)):
        for decision in decider.decide(batch, known):
            yield decision, _line(decision, ids[done] if ids else None)
            done += 1


def _place(region: str, where: str) -> Place:
    if not region:
        return _NOWHERE
    try:
        return Place(region_code=region)
    except ValidationError:
        raise Misconfigured(f"{where}: {region[:20]!r}; write a code such as 36.03") from None


def _line(decision: Decision, name: str | None) -> bytes:
    said: dict[str, object] = {} if name is None else {"id": name}
    said |= {
        "institution": decision.institution,
        "unit": decision.unit,
        "category": decision.category,
        "region": decision.region,
        "confidence": decision.confidence,
        "rule": decision.rule,
        "reasons": decision.reasons,
        "alternatives": [
            {"institution": one.institution, "confidence": one.confidence, "reason": one.reason}
            for one in decision.candidates
        ],
        "missing": decision.missing,
    }
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)

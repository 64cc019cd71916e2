"""Counts over the case documents themselves: the league's figures by another hand.

    python tests/support/direct_count.py mongodb://… \
        '{"first": "2022-01-01", "last": "2022-12-31"}' …

One JSON list on stdout, one table per question. A question may name `tier`, `category`, `by`
(`completion` or `follow_up`) and `institution`, whose units are then counted. Nothing of Salur is
imported: only the documents are known, and the rules of the league as they are written down.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from pymongo import MongoClient

WIB = timezone(timedelta(hours=7))
PREFIXES = {
    "kementerian": "kem",
    "lembaga": "lem",
    "bumn": "bumn",
    "provinsi": "prov",
    "kabupaten": "kab",
    "kota": "kota",
}
FIELDS = (
    "complaint.received_at",
    "history.input",
    "history.status",
    "history.institution",
    "history.unit",
    "history.category",
)


@dataclass(frozen=True)
class Found:
    """Of one case: the day it was received, the end of its history, and who had it before."""

    day: str
    status: str
    institution: str | None
    unit: str | None
    category: str
    before: frozenset[str]


@dataclass
class Line:
    """What is counted of one holder."""

    statuses: Counter[str] = field(default_factory=Counter)
    moved_in: int = 0
    moved_out: int = 0

    def rate(self, by: str) -> Fraction | None:
        wanted = ("completed", "in_progress") if by == "follow_up" else ("completed",)
        whole = self.statuses.total() - self.statuses["postponed"] - self.statuses["archived"]
        return Fraction(sum(self.statuses[name] for name in wanted), whole) if whole else None

    def told(self, rank: int | None) -> dict[str, object]:
        return {
            "rank": rank,
            "received": self.statuses.total(),
            "status": dict(self.statuses),
            "follow_up": in_percent(self.rate("follow_up")),
            "completion": in_percent(self.rate("completion")),
            "transferred_in": self.moved_in,
            "transferred_out": self.moved_out,
        }


def in_percent(rate: Fraction | None) -> str | None:
    if rate is None:
        return None
    exact = Decimal(rate.numerator) * 100 / Decimal(rate.denominator)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def found_in(document: dict[str, Any]) -> Found:
    history = document["history"]
    last = history[-1]
    received = document["complaint"]["received_at"].replace(tzinfo=UTC).astimezone(WIB)
    holder = last.get("institution")
    return Found(
        day=received.date().isoformat(),
        status=last["status"],
        institution=holder,
        unit=last.get("unit"),
        category=last.get("category") or "",
        before=holders_of(history) - {holder},
    )


def holders_of(history: list[dict[str, Any]]) -> frozenset[str]:
    holders: list[str] = []
    now = None
    for entry in history:
        before, now = now, entry.get("institution")
        if entry["input"] == "undeliverable":
            holders.pop()  # it never heard of the case: its topic was missing
        elif now and now != before:
            holders.append(now)
    return frozenset(holders)


def asked_for(cases: Iterable[Found], question: dict[str, Any]) -> Iterator[Found]:
    first, last, category = question["first"], question["last"], question.get("category")
    for case in cases:
        is_about = not category or f"{case.category}.".startswith(f"{category}.")
        if first <= case.day <= last and is_about:
            yield case


def lines_of(cases: Iterable[Found], question: dict[str, Any]) -> dict[str, Line]:
    lines: dict[str, Line] = defaultdict(Line)
    for case in cases:
        if question.get("institution"):
            if case.institution == question["institution"] and case.unit:
                lines[case.unit].statuses[case.status] += 1
            continue
        if case.institution:
            lines[case.institution].statuses[case.status] += 1
            lines[case.institution].moved_in += bool(case.before)
        for code in case.before:
            lines[code].moved_out += 1
    return lines


def of_tier(tier: str | None) -> Callable[[str], bool]:
    wanted = {"kab", "kota"} if tier == "kabkota" else {PREFIXES[tier]} if tier else None
    return lambda code: wanted is None or code.split("-")[0] in wanted


def answer(cases: Iterable[Found], question: dict[str, Any]) -> dict[str, object]:
    is_wanted, by = of_tier(question.get("tier")), question.get("by") or "completion"
    found = lines_of(asked_for(cases, question), question)
    lines = {code: line for code, line in found.items() if is_wanted(code)}

    def order(code: str) -> tuple[bool, Fraction, int, str]:
        rate = lines[code].rate(by)
        return rate is None, -(rate or Fraction(0)), -lines[code].statuses.total(), code

    total = Line()
    rows = {}
    for rank, code in enumerate(sorted(lines, key=order), start=1):
        line = lines[code]
        rows[code] = line.told(rank if line.rate(by) is not None else None)
        total.statuses.update(line.statuses)
        total.moved_in += line.moved_in
        total.moved_out += line.moved_out
    return {"rows": rows, "totals": total.told(None)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Count over the case documents.")
    parser.add_argument("url", help="of the database")
    parser.add_argument("question", nargs="+", help="a JSON object")
    parser.add_argument("--database", default="salur")
    given = parser.parse_args()
    client: MongoClient[dict[str, Any]] = MongoClient(given.url)
    with client:
        documents = client[given.database]["cases"].find({}, dict.fromkeys(FIELDS, 1))
        cases = [found_in(document) for document in documents]
    json.dump([answer(cases, json.loads(text)) for text in given.question], sys.stdout)


if __name__ == "__main__":
    main()

"""Tables of counts, rates and ranks, by an arithmetic that shares nothing with the services."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.dev.replay.scenario import Figure, Measure

TIERS: Mapping[str, frozenset[str]] = {
    "kementerian": frozenset({"kem"}),
    "lembaga": frozenset({"lem"}),
    "bumn": frozenset({"bumn"}),
    "provinsi": frozenset({"prov"}),
    "kabupaten": frozenset({"kab"}),
    "kota": frozenset({"kota"}),
    "kabkota": frozenset({"kab", "kota"}),
}
_COUNTED = frozenset(
    {
        Measure.UNVERIFIED,
        Measure.ROUTED,
        Measure.IN_PROGRESS,
        Measure.COMPLETED,
        Measure.POSTPONED,
    }
)


@dataclass
class Counts:
    """What is counted of one holder; statuses by their names."""

    statuses: Counter[str] = field(default_factory=Counter)
    transferred_in: int = 0
    transferred_out: int = 0

    @property
    def received(self) -> int:
        """Return how many complaints it has."""
        return self.statuses.total()

    def add(self, other: "Counts") -> None:
        """Add another's counts to these."""
        self.statuses.update(other.statuses)
        self.transferred_in += other.transferred_in
        self.transferred_out += other.transferred_out

    def rate(self, by: str) -> tuple[int, int]:
        """Return numerator and denominator of `completion` or `follow_up`."""
        done = self.statuses["completed"]
        if by == "follow_up":
            done += self.statuses["in_progress"]
        return done, self.received - self.statuses["postponed"] - self.statuses["archived"]


@dataclass(frozen=True)
class Row:
    """One line as a source tells it; rates in per cent with two decimals."""

    counts: Counts
    follow_up: str | None
    completion: str | None
    rank: int | None = None

    @property
    def plain(self) -> tuple[int, Counter[str]]:
        """Return what two sources must agree in: how many, and how many in each status."""
        return self.counts.received, +self.counts.statuses


@dataclass(frozen=True)
class CountTable:
    """Lines by holder, and the line of all of them together."""

    rows: Mapping[str, Row]
    totals: Row


def table_of(counts: Mapping[str, Counts], by: str) -> CountTable:
    """Return the table of these counts: higher rate, then more received, then code."""

    def order(code: str) -> tuple[bool, float, int, str]:
        done, whole = counts[code].rate(by)
        # Whole numbers below 2**53: equal shares give equal quotients.
        return not whole, -(done / whole) if whole else 0.0, -counts[code].received, code

    total = Counts()
    rows = {}
    for place, code in enumerate(sorted(counts, key=order), start=1):
        total.add(counts[code])
        rows[code] = row_of(counts[code], place if counts[code].rate(by)[1] else None)
    return CountTable(rows, row_of(total))


def row_of(counts: Counts, rank: int | None = None) -> Row:
    """Return a line with its rates."""
    return Row(
        counts, percent(*counts.rate("follow_up")), percent(*counts.rate("completion")), rank
    )


def percent(part: int, whole: int, decimals: int = 2) -> str | None:
    """Return a share in per cent, half up; None of nothing."""
    if not whole:
        return None
    scale = 100 * 10**decimals
    hundredths = (2 * part * scale + whole) // (2 * whole)
    if not decimals:
        return str(hundredths)
    return f"{hundredths // 10**decimals}.{hundredths % 10**decimals:0{decimals}d}"


def in_tier(code: str, tier: str | None) -> bool:
    """Tell whether an institution belongs to a tier."""
    return tier is None or code.partition("-")[0] in TIERS[tier]


def value_of(table: CountTable, figure: Figure, expected: CountTable) -> str:
    """Return a figure as a table tells it; `expected` is what lines are compared with."""
    if figure.measure is Measure.LINES:
        wanted = expected.rows
        same = (code for code, row in table.rows.items() if _agrees(row, wanted.get(code)))
        return str(sum(1 for _ in same))
    row = table.rows.get(figure.holder) if figure.holder else table.totals
    return _value(row or row_of(Counts()), figure.measure)


def _agrees(row: Row, wanted: Row | None) -> bool:
    return wanted is not None and row.plain == wanted.plain and row.rank == wanted.rank


def _value(row: Row, measure: Measure) -> str:
    counts = row.counts
    if measure in _COUNTED:
        return str(counts.statuses[measure.value])
    values: Mapping[Measure, object] = {
        Measure.RECEIVED: counts.received,
        Measure.FOLLOWED_UP: counts.rate("follow_up")[0],
        Measure.FOLLOW_UP_RATE: row.follow_up,
        Measure.FOLLOW_UP_PERCENT: percent(*counts.rate("follow_up"), decimals=0),
        Measure.COMPLETION_RATE: row.completion,
        Measure.RANK: row.rank,
        Measure.TRANSFERRED_IN: counts.transferred_in,
        Measure.TRANSFERRED_OUT: counts.transferred_out,
    }
    return str(values[measure])

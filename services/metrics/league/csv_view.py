"""The league as CSV for spreadsheet programs: no cell of it is taken for a formula.

UTF-8 with a byte order mark: without one Excel reads names wrongly, and whoever reads CSV by
program skips it as `utf-8-sig`.
"""

import csv
import io
from collections.abc import Callable, Iterator

from services.metrics.league.ranking import League, LeagueLine
from services.metrics.league.request import LeagueRequest
from shared.contracts.case import Status
from shared.reference.csv_cells import escape_formula

HEADER = (
    "line",
    "rank",
    "code",
    "name",
    "received",
    *Status,
    "follow_up_numerator",
    "follow_up_denominator",
    "follow_up_percent",
    "completion_numerator",
    "completion_denominator",
    "completion_percent",
    "transferred_in",
    "transferred_out",
    "returned",
    "overdue",
    "reopened",
    "misrouted",
    "route_median_days",
    "follow_up_median_days",
    "completion_median_days",
    "satisfaction_mean",
    "satisfaction_ratings",
)


def as_csv(league: League, request: LeagueRequest, *, name: Callable[[str], str]) -> bytes:
    """Return the table: a line for each holder, then `unassigned` where there is, then `total`."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(HEADER)
    for kind, line in _kinds(league, request):
        rows.writerow(escape_formula(str(cell)) for cell in _cells(kind, line, name))
    return text.getvalue().encode("utf-8-sig")


def _kinds(league: League, request: LeagueRequest) -> Iterator[tuple[str, LeagueLine]]:
    kind = "unit" if request.institution else "institution"
    yield from ((kind, line) for line in league.lines)
    if league.unassigned is not None:
        yield "unassigned", league.unassigned
    yield "total", league.totals


def _cells(kind: str, line: LeagueLine, name: Callable[[str], str]) -> Iterator[object]:
    yield from (
        kind,
        _known(line.rank),
        line.holder or "",
        name(line.holder) if line.holder else "",
    )
    yield line.received
    yield from line.statuses.values()
    for share in (line.follow_up, line.completion):
        yield from (share.numerator, share.denominator, _known(share.percent))
    yield from (line.transferred_in, line.transferred_out, line.returned)
    yield from (line.overdue, line.reopened, line.misrouted)
    for days in (line.route_days, line.follow_up_days, line.completion_days):
        yield _known(days)
    yield from (_known(line.satisfaction.value), line.satisfaction.number)


def _known(value: object) -> object:
    return "" if value is None else value

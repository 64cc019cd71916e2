"""The table: one row a holder, then what nobody holds, then the sum."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from services.metrics.league.page.markup import Markup, element, join
from services.metrics.league.page.sparkline import sparkline
from services.metrics.league.page.words import Speech
from services.metrics.league.ranking import SHORTEST_FIRST, League, Line, Rate, Sort
from services.metrics.league.ratios import Share
from services.metrics.league.request import LeagueRequest
from shared.contracts.case import Status

_ASCENDING = SHORTEST_FIRST | {Sort.RANK, Sort.NAME}


class Column(NamedTuple):
    """A column: its heading's word, the word above several, how it sorts, and what a cell says."""

    word: str
    group: str
    sort: Sort | None
    cell: Callable[[Line, Speech], Markup]


class Shown(NamedTuple):
    """What is shown: the table, its lines in the order wanted, and how holders are called."""

    league: League
    lines: Sequence[Line]
    request: LeagueRequest
    name: Callable[[str], str]


def table(shown: Shown, caption: Markup, speech: Speech) -> Markup:
    """Return the whole table."""
    columns = _columns(shown.request.by)
    rows = [_row(shown, line, columns, speech) for line in shown.lines]
    return element(
        "table",
        element("caption", caption),
        _head(shown.request, columns, speech),
        element("tbody", *rows),
        element("tfoot", *_feet(shown, columns, speech)),
    )


def _columns(by: Rate) -> list[Column]:
    # The rate that ranks comes first: on a phone it is seen without scrolling.
    rates = [_rate(rate) for rate in sorted(Rate, key=lambda rate: rate is not by)]
    return [rates[0], _RECEIVED, rates[1], _TREND, *map(_status, Status), *_REST]


def _rate(rate: Rate) -> Column:
    def cell(line: Line, speech: Speech) -> Markup:
        share = line.rate(rate)
        return element("td", speech.percent(share.percent), _of(share, speech), class_="rate")

    return Column(rate.value, "", Sort(rate.value), cell)


def _of(share: Share, speech: Speech) -> Markup | None:
    if not share.denominator:
        return None
    numerator, denominator = map(speech.number, share)
    return element("small", speech("of", numerator=numerator, denominator=denominator))


def _status(status: Status) -> Column:
    return Column(status.value, "status", None, _count(lambda line: line.statuses[status]))


def _count(number: Callable[[Line], int]) -> Callable[[Line, Speech], Markup]:
    return lambda line, speech: element("td", speech.number(number(line)))


def _days(sort: Sort, days: Callable[[Line], Decimal | None]) -> Column:
    return Column(
        sort.value, "days", sort, lambda line, speech: element("td", speech.number(days(line)))
    )


def _moves(line: Line, speech: Speech) -> Markup:
    both = map(speech.number, (line.transferred_in, line.transferred_out))
    return element("td", " / ".join(both))


def _satisfaction(line: Line, speech: Speech) -> Markup:
    ratings = line.satisfaction.number
    told = element("small", speech("ratings", number=speech.number(ratings))) if ratings else None
    return element("td", speech.number(line.satisfaction.value), told)


_RECEIVED = Column("received", "", Sort.RECEIVED, _count(lambda line: line.received))
_TREND = Column(
    "trend", "", None, lambda line, speech: element("td", sparkline(line.trend, speech))
)
_REST = (
    _days(Sort.ROUTE_DAYS, lambda line: line.route_days),
    _days(Sort.FOLLOW_UP_DAYS, lambda line: line.follow_up_days),
    _days(Sort.COMPLETION_DAYS, lambda line: line.completion_days),
    Column("transferred", "cases", Sort.TRANSFERRED, _moves),
    Column("returned", "cases", Sort.RETURNED, _count(lambda line: line.returned)),
    Column("overdue", "cases", Sort.OVERDUE, _count(lambda line: line.overdue)),
    Column("misrouted", "cases", Sort.MISROUTED, _count(lambda line: line.misrouted)),
    Column("satisfaction", "", Sort.SATISFACTION, _satisfaction),
)


def _head(request: LeagueRequest, columns: Sequence[Column], speech: Speech) -> Markup:
    who = "unit" if request.institution else "institution"
    fixed = [
        _heading(request, "rank", Sort.RANK, speech, rowspan=2, class_="rank"),
        _heading(request, who, Sort.NAME, speech, rowspan=2, class_="holder"),
    ]
    upper: list[Markup] = []
    lower: list[Markup] = []
    for group, members in groupby(columns, key=lambda column: column.group):
        found = list(members)
        span = 1 if group else 2
        cells = [_heading(request, c.word, c.sort, speech, rowspan=span) for c in found]
        if group:
            upper.append(element("th", speech(group), scope="colgroup", colspan=len(found)))
        (lower if group else upper).extend(cells)
    return element("thead", element("tr", *fixed, *upper), element("tr", *lower))


def _heading(
    request: LeagueRequest, word: str, sort: Sort | None, speech: Speech, **attributes: object
) -> Markup:
    if sort is None:
        return element("th", speech(word), scope="col", **attributes)
    link = element(
        "a",
        "#" if sort is Sort.RANK else speech(word),
        href=request._replace(sort=sort).query(),
        title=speech("sorted", what=speech(word)),
        aria_label=speech(word) if sort is Sort.RANK else None,
    )
    order = "ascending" if sort in _ASCENDING else "descending"
    state = order if request.sort is sort else None
    return element("th", link, scope="col", aria_sort=state, **attributes)


def _row(shown: Shown, line: Line, columns: Sequence[Column], speech: Speech) -> Markup:
    holder = line.holder or ""
    rank = speech.number(line.rank) if line.rank else _unranked(speech)
    return element(
        "tr",
        element("td", rank, class_="rank"),
        element("th", _called(shown, holder), scope="row", class_="holder"),
        *(column.cell(line, speech) for column in columns),
    )


def _unranked(speech: Speech) -> Markup:
    return element("abbr", "–", title=speech("unranked"))


def _called(shown: Shown, holder: str) -> Markup:
    name = shown.name(holder)
    if shown.request.institution is not None:
        return join(name)
    whole = shown.request._replace(tier=None, institution=holder)
    code = element("small", holder) if name != holder else None
    return join(element("a", name, href=f"/league/{holder}{whole.query()}"), code)


def _feet(shown: Shown, columns: Sequence[Column], speech: Speech) -> Iterator[Markup]:
    nobody = "no_unit" if shown.request.institution else "triage"
    for word, line in ((nobody, shown.league.unassigned), ("total", shown.league.totals)):
        if line is not None:
            yield element(
                "tr",
                element("td", class_="rank"),
                element("th", speech(word), scope="row", class_="holder"),
                *(column.cell(line, speech) for column in columns),
            )

"""The table: one row a holder, then what nobody holds, then the sum."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from services.metrics.league.page.markup import Markup, element, join
from services.metrics.league.page.sparkline import sparkline
from services.metrics.league.page.words import PageLocale
from services.metrics.league.ranking import (
    SHORTEST_FIRST,
    League,
    LeagueLine,
    LeagueOrder,
    RankingRate,
)
from services.metrics.league.ratios import Share
from services.metrics.league.request import LeagueRequest
from shared.contracts.case import Status

_ASCENDING = SHORTEST_FIRST | {LeagueOrder.RANK, LeagueOrder.NAME}


class Column(NamedTuple):
    """A column: its heading's word, the word above several, how it sorts, and what a cell says."""

    word: str
    group: str
    sort: LeagueOrder | None
    cell: Callable[[LeagueLine, PageLocale], Markup]


class ShownLeague(NamedTuple):
    """What is shown: the table, its lines in the order wanted, and how holders are called."""

    league: League
    lines: Sequence[LeagueLine]
    request: LeagueRequest
    name: Callable[[str], str]


def table(shown: ShownLeague, caption: Markup, speech: PageLocale) -> Markup:
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


def _columns(by: RankingRate) -> list[Column]:
    # The rate that ranks comes first: on a phone it is seen without scrolling.
    rates = [_rate(rate) for rate in sorted(RankingRate, key=lambda rate: rate is not by)]
    return [rates[0], _RECEIVED, rates[1], _TREND, *map(_status, Status), *_REST]


def _rate(rate: RankingRate) -> Column:
    def cell(line: LeagueLine, speech: PageLocale) -> Markup:
        share = line.rate(rate)
        return element("td", speech.percent(share.percent), _of(share, speech), class_="rate")

    return Column(rate.value, "", LeagueOrder(rate.value), cell)


def _of(share: Share, speech: PageLocale) -> Markup | None:
    if not share.denominator:
        return None
    numerator, denominator = map(speech.number, share)
    return element("small", speech("of", numerator=numerator, denominator=denominator))


def _status(status: Status) -> Column:
    return Column(status.value, "status", None, _count(lambda line: line.statuses[status]))


def _count(number: Callable[[LeagueLine], int]) -> Callable[[LeagueLine, PageLocale], Markup]:
    return lambda line, speech: element("td", speech.number(number(line)))


def _days(sort: LeagueOrder, days: Callable[[LeagueLine], Decimal | None]) -> Column:
    return Column(
        sort.value, "days", sort, lambda line, speech: element("td", speech.number(days(line)))
    )


def _moves(line: LeagueLine, speech: PageLocale) -> Markup:
    both = map(speech.number, (line.transferred_in, line.transferred_out))
    return element("td", " / ".join(both))


def _satisfaction(line: LeagueLine, speech: PageLocale) -> Markup:
    ratings = line.satisfaction.number
    told = element("small", speech("ratings", number=speech.number(ratings))) if ratings else None
    return element("td", speech.number(line.satisfaction.value), told)


_RECEIVED = Column("received", "", LeagueOrder.RECEIVED, _count(lambda line: line.received))
_TREND = Column(
    "trend", "", None, lambda line, speech: element("td", sparkline(line.trend, speech))
)
_REST = (
    _days(LeagueOrder.ROUTE_DAYS, lambda line: line.route_days),
    _days(LeagueOrder.FOLLOW_UP_DAYS, lambda line: line.follow_up_days),
    _days(LeagueOrder.COMPLETION_DAYS, lambda line: line.completion_days),
    Column("transferred", "cases", LeagueOrder.TRANSFERRED, _moves),
    Column("returned", "cases", LeagueOrder.RETURNED, _count(lambda line: line.returned)),
    Column("overdue", "cases", LeagueOrder.OVERDUE, _count(lambda line: line.overdue)),
    Column("misrouted", "cases", LeagueOrder.MISROUTED, _count(lambda line: line.misrouted)),
    Column("satisfaction", "", LeagueOrder.SATISFACTION, _satisfaction),
)


def _head(request: LeagueRequest, columns: Sequence[Column], speech: PageLocale) -> Markup:
    who = "unit" if request.institution else "institution"
    fixed = [
        _heading(request, "rank", LeagueOrder.RANK, speech, rowspan=2, class_="rank"),
        _heading(request, who, LeagueOrder.NAME, speech, rowspan=2, class_="holder"),
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
    request: LeagueRequest,
    word: str,
    sort: LeagueOrder | None,
    speech: PageLocale,
    **attributes: object,
) -> Markup:
    if sort is None:
        return element("th", speech(word), scope="col", **attributes)
    link = element(
        "a",
        "#" if sort is LeagueOrder.RANK else speech(word),
        href=request._replace(sort=sort).query(),
        title=speech("sorted", what=speech(word)),
        aria_label=speech(word) if sort is LeagueOrder.RANK else None,
    )
    order = "ascending" if sort in _ASCENDING else "descending"
    state = order if request.sort is sort else None
    return element("th", link, scope="col", aria_sort=state, **attributes)


def _row(
    shown: ShownLeague, line: LeagueLine, columns: Sequence[Column], speech: PageLocale
) -> Markup:
    holder = line.holder or ""
    rank = speech.number(line.rank) if line.rank else _unranked(speech)
    return element(
        "tr",
        element("td", rank, class_="rank"),
        element("th", _called(shown, holder), scope="row", class_="holder"),
        *(column.cell(line, speech) for column in columns),
    )


def _unranked(speech: PageLocale) -> Markup:
    return element("abbr", "–", title=speech("unranked"))


def _called(shown: ShownLeague, holder: str) -> Markup:
    name = shown.name(holder)
    if shown.request.institution is not None:
        return join(name)
    whole = shown.request._replace(tier=None, institution=holder)
    code = element("small", holder) if name != holder else None
    return join(element("a", name, href=f"/league/{holder}{whole.query()}"), code)


def _feet(shown: ShownLeague, columns: Sequence[Column], speech: PageLocale) -> Iterator[Markup]:
    nobody = "no_unit" if shown.request.institution else "triage"
    for word, line in ((nobody, shown.league.unassigned), ("total", shown.league.totals)):
        if line is not None:
            yield element(
                "tr",
                element("td", class_="rank"),
                element("th", speech(word), scope="row", class_="holder"),
                *(column.cell(line, speech) for column in columns),
            )

"""What a request for the league asks: every parameter is optional, a bad one is named."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from services.metrics.domain.period import InvalidPeriod, Period, parse_period
from services.metrics.league.ranking import LeagueOrder, RankingRate, TierChoice
from services.metrics.league.store import Cohort
from shared.contracts.identifiers import CATEGORY
from shared.http.problems import FieldError

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)


class Lang(StrEnum):
    """The languages of the page."""

    INDONESIAN = "id"
    ENGLISH = "en"


class LeagueRequest(NamedTuple):
    """A table, and how it is shown; `institution` for the table of its units."""

    period: Period
    tier: TierChoice | None = None
    category: str | None = None
    by: RankingRate = RankingRate.COMPLETION
    sort: LeagueOrder = LeagueOrder.RANK
    lang: Lang = Lang.INDONESIAN
    institution: str | None = None

    @property
    def cohort(self) -> Cohort:
        """Return which facts the table is about."""
        return Cohort(self.period, self.category, self.institution)

    def query(self) -> str:
        """Return the query part of the address that asks for this again, `?` included."""
        given = {
            "period": str(self.period),
            "tier": self.tier,
            "category": self.category,
            "by": self.by,
            "sort": self.sort if self.sort is not LeagueOrder.RANK else None,
            "lang": self.lang,
        }
        return "?" + urlencode({name: value for name, value in given.items() if value})


def read_request(
    params: Mapping[str, str], *, otherwise: LeagueRequest
) -> tuple[LeagueRequest, list[FieldError]]:
    """Return what is asked for, and every parameter that cannot be read.

    What is missing, empty or wrong is as in `otherwise`.
    """
    errors: list[FieldError] = []

    def read(name: str, parse: Callable[[str], Value | InvalidPeriod], default: Value) -> Value:
        text = params.get(name, "").strip()
        value = parse(text) if text else default
        if isinstance(value, InvalidPeriod):
            errors.append(FieldError(pointer=f"/{name}", code=value.code, detail=value.detail))
            return default
        return value

    request = otherwise._replace(
        period=read("period", parse_period, otherwise.period),
        tier=read("tier", _one_of(TierChoice), otherwise.tier),
        category=read("category", _category, otherwise.category),
        by=read("by", _one_of(RankingRate), otherwise.by),
        sort=read("sort", _one_of(LeagueOrder), otherwise.sort),
        lang=read("lang", _one_of(Lang), otherwise.lang),
    )
    return request, errors


def preferred_lang(header: str) -> Lang:
    """Return the language that an `Accept-Language` prefers; Indonesian where it names neither."""
    weights = dict.fromkeys(Lang, 0.0)
    for part in header[:500].split(","):
        tag, _, quality = part.strip().lower().partition(";")
        for lang in Lang:
            if tag.partition("-")[0] == lang:
                weights[lang] = max(weights[lang], weight(quality))
    return max(weights, key=lambda lang: weights[lang])


def weight(parameters: str) -> float:
    """Return the `q` among the parameters of one choice of an `Accept` header; 1 without."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def _one_of(choices: type[Choice]) -> Callable[[str], Choice | InvalidPeriod]:
    def parse(text: str) -> Choice | InvalidPeriod:
        try:
            return choices(text.lower())
        except ValueError:
            return InvalidPeriod("not_a_choice", f"write one of {', '.join(choices)}")

    return parse


def _category(text: str) -> str | InvalidPeriod:
    if CATEGORY.fullmatch(text):
        return text
    return InvalidPeriod(
        "invalid_category", "write `roads`, or `roads.street_light` for one of its own"
    )

"""The page around the table: what its templates are given; the markup is theirs alone."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.metrics.league.naming import PeriodNames
from services.metrics.league.page.sparkline import draw
from services.metrics.league.page.words import PageLocale
from services.metrics.league.ranking import (
    SHORTEST_FIRST,
    League,
    LeagueOrder,
    RankingRate,
    TierChoice,
    arranged,
)
from services.metrics.league.request import Lang, LeagueRequest
from shared.contracts.case import Status
from shared.http.problems import FieldError

_HERE = Path(__file__).parent
STYLE = (_HERE / "style.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script at all, no other host, and this very style sheet only.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_ASCENDING = SHORTEST_FIRST | {LeagueOrder.RANK, LeagueOrder.NAME}
TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.globals |= {
    "style": STYLE,
    "languages": {Lang.INDONESIAN: "Bahasa Indonesia", Lang.ENGLISH: "English"},
    "tiers": tuple(TierChoice),
    "rates": tuple(RankingRate),
    "statuses": tuple(Status),
    "draw": draw,
}


class LeaguePage(NamedTuple):
    """What every page of the league needs."""

    request: LeagueRequest
    names: PeriodNames

    @property
    def path(self) -> str:
        """Return the page's address without its query."""
        code = self.request.institution
        return f"/league/{code}" if code else "/league"

    @property
    def speech(self) -> PageLocale:
        """Return the words of the language asked for."""
        return PageLocale(self.request.lang)

    @property
    def title(self) -> str:
        """Return what the page is about."""
        code = self.request.institution
        return self.names.institution(code) if code else self.speech("title")

    @property
    def caption(self) -> str:
        """Return what the table shows, with its filters: on paper nothing else tells them."""
        request, speech = self.request, self.speech
        told = speech(
            "caption",
            what=speech("units_title" if request.institution else "title"),
            first=speech.day(request.period.first),
            last=speech.day(request.period.last),
        )
        tier = speech(request.tier) if request.tier else None
        category = request.category and self.names.category(request.category, request.lang)
        return " · ".join(part for part in (told, tier, category) if part)

    @property
    def categories(self) -> list[tuple[str, str]]:
        """Return the categories to choose from, and how they are called."""
        slugs = self.names.main_categories()
        if self.request.category and self.request.category not in slugs:
            slugs.append(self.request.category)
        return [(slug, self.names.category(slug, self.request.lang)) for slug in slugs]

    @property
    def rates(self) -> list[RankingRate]:
        """Return the rates, the one that ranks first."""
        return sorted(RankingRate, key=lambda rate: rate is not self.request.by)

    @property
    def direction(self) -> str:
        """Return in which direction the lines are ordered, as `aria-sort` calls it."""
        return "ascending" if self.request.sort in _ASCENDING else "descending"

    def name(self, holder: str) -> str:
        """Return how an institution is called, or a unit, where it is units that are shown."""
        return holder if self.request.institution else self.names.institution(holder)

    def query(self, **changes: object) -> str:
        """Return the query of the address that asks for this page with changes."""
        return self.request._replace(**changes).query()  # type: ignore[arg-type]  # by name

    def sorted_by(self, sort: str) -> str:
        """Return the query of the address that asks for this page in another order."""
        return self.query(sort=LeagueOrder(sort))

    def league(self, league: League, as_of: str) -> bytes:
        """Return the page with its table."""
        lines = arranged(league.lines, self.request.sort, self.name)
        return self._written("league.html", league=league, lines=lines, as_of=as_of)

    def refusal(self, errors: Sequence[FieldError]) -> bytes:
        """Return the page with what is wrong in place of the table."""
        return self._written("refusal.html", errors=errors)

    def away(self) -> bytes:
        """Return the page while the figures cannot be read."""
        return self._written("away.html")

    def _written(self, template: str, **parts: object) -> bytes:
        found = TEMPLATES.get_template(template)
        return found.render(page=self, request=self.request, say=self.speech, **parts).encode()

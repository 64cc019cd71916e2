"""The page around the table: filters as a form, the sums, and how everything is counted."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from services.metrics.league.naming import PeriodNames
from services.metrics.league.page.markup import Markup, element, join
from services.metrics.league.page.table import ShownLeague, table
from services.metrics.league.page.words import PageLocale
from services.metrics.league.ranking import League, LeagueOrder, RankingRate, TierChoice, arranged
from services.metrics.league.request import Lang, LeagueRequest
from shared.http.problems import FieldError

STYLE = Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script at all, no other host, and this very style sheet only.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


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

    def league(self, league: League, as_of: str) -> bytes:
        """Return the page with its table."""
        return self._whole(
            self._form(), _sums(league, self.speech), self._table(league), self._footer(as_of)
        )

    def refusal(self, errors: Sequence[FieldError]) -> bytes:
        """Return the page with what is wrong in place of the table."""
        speech = self.speech
        wrong = [
            element("li", element("strong", speech(error.pointer[1:])), ": ", speech(error.code))
            for error in errors
        ]
        return self._whole(
            element("div", element("h2", speech("wrong")), element("ul", *wrong), class_="wrong"),
            self._form(),
        )

    def away(self) -> bytes:
        """Return the page while the figures cannot be read."""
        return self._whole(self._form(), element("p", self.speech("away"), class_="wrong"))

    def _whole(self, *parts: Markup) -> bytes:
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", f"{self.title} · {self.request.period}"),
            element("style", STYLE),
        )
        body = element("body", self._header(), element("main", *parts))
        document = element("html", head, body, lang=self.request.lang)
        return f"<!doctype html>\n{document}\n".encode()

    def _header(self) -> Markup:
        back = self.request._replace(institution=None)
        up = element("a", self.speech("back"), href=f"/league{back.query()}")
        langs = [
            element(
                "a",
                {Lang.INDONESIAN: "Bahasa Indonesia", Lang.ENGLISH: "English"}[lang],
                href=self.path + self.request._replace(lang=lang).query(),
                hreflang=lang,
                lang=lang,
                aria_current="true" if lang is self.request.lang else None,
            )
            for lang in Lang
        ]
        return element(
            "header",
            element("div", up if self.request.institution else None, element("h1", self.title)),
            element("nav", *langs, aria_label=self.speech("language")),
        )

    def _form(self) -> Markup:
        request, speech = self.request, self.speech
        tiers = [("", speech("all")), *((tier.value, speech(tier)) for tier in TierChoice)]
        kinds = [("", speech("all")), *self._categories()]
        rates = [(rate.value, speech(rate)) for rate in RankingRate]
        period = element(
            "input", name="period", value=str(request.period), maxlength=40, aria_describedby="hint"
        )
        return element(
            "form",
            element("label", speech("period"), period),
            _choice("tier", speech("tier"), tiers, request.tier)
            if request.institution is None
            else None,
            _choice("category", speech("category"), kinds, request.category),
            _choice("by", speech("by"), rates, request.by),
            _kept("sort", request.sort if request.sort is not LeagueOrder.RANK else None),
            _kept("lang", request.lang),
            element("button", speech("show")),
            element("p", speech("period_hint"), class_="hint", id="hint"),
            action=self.path,
            method="get",
        )

    def _categories(self) -> list[tuple[str, str]]:
        slugs = self.names.main_categories()
        if self.request.category and self.request.category not in slugs:
            slugs.append(self.request.category)
        return [(slug, self.names.category(slug, self.request.lang)) for slug in slugs]

    def _table(self, league: League) -> Markup:
        request, speech = self.request, self.speech
        if not league.lines and league.unassigned is None:
            return element("p", speech("nothing"))
        name: Callable[[str], str] = str if request.institution else self.names.institution
        lines = arranged(league.lines, request.sort, name)
        shown = ShownLeague(league, lines, request, name)
        caption = self._caption()
        return element(
            "div",
            table(shown, join(caption), speech),
            class_="scroll",
            role="region",
            tabindex=0,
            aria_label=caption,
        )

    def _caption(self) -> str:
        # With the filters: on paper nothing else tells them.
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

    def _footer(self, as_of: str) -> Markup:
        speech, query = self.speech, self.request.query()
        links = [
            element("a", kind.upper(), href=f"{self.path}.{kind}{query}")
            for kind in ("csv", "json")
        ]
        return element(
            "footer",
            element("p", speech("as_of", instant=as_of)),
            element("nav", f"{speech('download')}: ", *links),
            element("h2", speech("how")),
            element("p", speech("how_rates")),
            element("p", speech("how_where")),
        )


def _choice(
    name: str, label: str, options: Sequence[tuple[str, str]], chosen: str | None
) -> Markup:
    shown = [
        element("option", text, value=value, selected=value == (chosen or ""))
        for value, text in options
    ]
    return element("label", label, element("select", *shown, name=name))


def _kept(name: str, value: str | None) -> Markup | None:
    return element("input", type="hidden", name=name, value=value) if value else None


def _sums(league: League, speech: PageLocale) -> Markup:
    totals = league.totals
    parts = [("received", speech.number(totals.received), "")]
    for word, share in (("follow_up", totals.follow_up), ("completion", totals.completion)):
        numerator, denominator = map(speech.number, share)
        told = speech("of", numerator=numerator, denominator=denominator)
        parts.append((word, speech.percent(share.percent), told))
    return element(
        "dl",
        *(
            element(
                "div", element("dt", speech(word)), element("dd", value, element("small", told))
            )
            for word, value, told in parts
        ),
        class_="sum",
    )

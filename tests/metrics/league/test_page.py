"""The page: escaped, in two languages, a table that a screen reader understands."""

import re
import string
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from services.metrics.domain.period import parse_period
from services.metrics.league.csv_view import as_csv
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.page.document import STYLE, TEMPLATES, LeaguePage
from services.metrics.league.page.sparkline import draw
from services.metrics.league.page.words import WORDS, PageLocale
from services.metrics.league.ranking import (
    LeagueOrder,
    MonthlyTrend,
    RankingRate,
    TierChoice,
    league,
)
from services.metrics.league.request import Lang, LeagueRequest, read_request
from services.metrics.league.tallies import by_institution, by_unit
from shared.contracts.case import Status
from shared.reference.names import DisplayNames
from tests.metrics.league.conftest import group

PLAIN = InstitutionNaming(DisplayNames(None, None)).of(date(2022, 12, 31))
HOSTILE = "<script>alert(1)</script>\"' onload=x <!-- </title></style>"


def request(lang: Lang = Lang.ENGLISH, **changes: object) -> LeagueRequest:
    period = parse_period("2022")
    return LeagueRequest(period=period, lang=lang)._replace(**changes)  # type: ignore[arg-type]


class Outline(HTMLParser):
    """Notes every element, and that all are closed in order."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def units(lang: Lang = Lang.ENGLISH, named: str = HOSTILE, **changes: object) -> Outline:
    groups = [
        group("kab-3603", unit=named, cases=3),
        group("kab-3603", Status.ROUTED, unit="Dinkes"),
        group("kab-3603", Status.POSTPONED),
    ]
    asked = request(lang, institution="kab-3603", **changes)
    found = league(by_unit(groups, "kab-3603"), asked.by)
    return Outline(LeaguePage(asked, PLAIN).league(found, "now").decode())


def country(lang: Lang = Lang.ENGLISH, **changes: object) -> Outline:
    groups = [
        group("prov-21", cases=271),
        group("prov-21", Status.IN_PROGRESS, 2),
        group("kab-3603", Status.POSTPONED),
        group(None, Status.UNVERIFIED, 4),
    ]
    asked = request(lang, **changes)
    found = league(by_institution(groups), asked.by)
    return Outline(LeaguePage(asked, PLAIN).league(found, "now").decode())


@given(st.text(min_size=1))
def test_whatever_a_unit_is_called_is_only_text(name: str) -> None:
    plain = units(named="Dinas")

    found = units(named=name)

    assert [tag for tag, _ in found.seen] == [tag for tag, _ in plain.seen]
    assert [set(attributes) for _, attributes in found.seen] == [
        set(attributes) for _, attributes in plain.seen
    ]


def test_a_page_fails_where_a_template_names_what_there_is_not() -> None:
    with pytest.raises(UndefinedError, match="request"):
        TEMPLATES.get_template("league.html").render(**{})


def test_a_hostile_unit_is_only_text() -> None:
    found = units()

    assert HOSTILE in "".join(found.texts)
    assert not found.all("script")
    assert not any(name.startswith("on") for _, attributes in found.seen for name in attributes)
    assert not found.open


def test_a_hostile_unit_is_no_formula_in_a_spreadsheet() -> None:
    asked = request(institution="kab-3603")
    hostile = [group("kab-3603", unit=unit) for unit in ("=1+1", "+1", "-1", "@x", "\t=1", "＝1")]

    rows = as_csv(league(by_unit(hostile, "kab-3603"), RankingRate.COMPLETION), asked, name=str)

    cells = [row.split(",")[2] for row in rows.decode("utf-8-sig").splitlines()[1:-1]]
    assert sorted(cells) == sorted(["'=1+1", "'+1", "'-1", "'@x", "'=1", "'＝1"])


def test_no_element_has_a_style_or_a_script_of_its_own() -> None:
    for found in (units(), country()):
        assert len(found.all("style")) == 1
        assert not any("style" in attributes for _, attributes in found.seen)
        assert not [tag for tag, _ in found.seen if tag in {"script", "link", "img", "iframe"}]


def test_the_table_names_its_rows_and_columns() -> None:
    found = country()

    assert len(found.all("caption")) == 1
    assert {one.get("scope") for one in found.all("th")} == {"col", "colgroup", "row"}
    assert [one.get("aria-sort") for one in found.all("th") if "aria-sort" in one] == ["ascending"]
    (html,) = found.all("html")
    assert html["lang"] == "en"


def test_every_row_has_as_many_cells() -> None:
    for found in (country(), units()):
        rows: list[int] = []
        body = False
        for tag, _ in found.seen:
            body = body or tag == "tbody"
            if tag == "tr" and body:
                rows.append(0)
            elif tag in {"td", "th"} and body:
                rows[-1] += 1
        upper = [one for one in found.all("th") if one.get("scope") in {"col", "colgroup"}]
        columns = sum(1 for one in upper if one["scope"] == "col")
        assert set(rows) == {columns}


def test_the_figures_are_written_as_each_language_writes_them() -> None:
    assert "99.27%" in country(Lang.ENGLISH).texts
    assert "99,27 %" in country(Lang.INDONESIAN).texts
    assert PageLocale(Lang.INDONESIAN).number(40939) == "40.939"
    assert PageLocale(Lang.ENGLISH).number(Decimal("1234.50")) == "1,234.50"
    assert PageLocale(Lang.ENGLISH).number(None) == "–"


def test_triage_and_totals_are_below_the_ranked_lines() -> None:
    texts = country().texts

    assert texts.index("No institution yet (triage)") > texts.index("prov-21")
    assert "271 of 273" in texts


def test_links_keep_what_is_asked_for() -> None:
    found = country(
        tier=TierChoice.PROVINCE, sort=LeagueOrder.NAME, by=RankingRate.FOLLOW_UP, category="roads"
    )

    links = [one["href"] or "" for one in found.all("a")]
    asked = "?period=2022&tier=provinsi&category=roads&by=follow_up"
    assert f"{asked}&sort=received&lang=en" in links
    assert f"/league{asked}&sort=name&lang=id" in links
    assert f"/league.csv{asked}&sort=name&lang=en" in links
    assert "/league/prov-21?period=2022&category=roads&by=follow_up&sort=name&lang=en" in links
    chosen = [one["value"] for one in found.all("option") if "selected" in one]
    assert chosen == ["provinsi", "roads", "follow_up"]


def test_the_form_keeps_what_it_does_not_ask_for() -> None:
    def hidden(found: Outline) -> dict[str | None, str | None]:
        fields = [one for one in found.all("input") if one.get("type") == "hidden"]
        return {one["name"]: one["value"] for one in fields}

    assert hidden(country(sort=LeagueOrder.OVERDUE)) == {"sort": "overdue", "lang": "en"}
    assert hidden(units(sort=LeagueOrder.NAME)) == {"sort": "name", "lang": "en"}
    assert hidden(country(Lang.INDONESIAN)) == {"lang": "id"}


def test_a_printed_table_tells_its_filters() -> None:
    filtered = country(tier=TierChoice.PROVINCE, category="roads").all("div")

    captions = [one["aria-label"] for one in filtered if one.get("role") == "region"]
    assert [(caption or "").split(" · ")[1:] for caption in captions] == [["Provinces", "roads"]]


@pytest.mark.parametrize("lang", list(Lang))
def test_wrong_fields_are_told_in_words_beside_the_form(lang: Lang) -> None:
    values = {"period": "x", "tier": "x", "by": "x", "sort": "x", "category": "X", "lang": "x"}
    _, errors = read_request(values, otherwise=request(lang))
    _, more = read_request({"period": "2022..2021"}, otherwise=request(lang))
    _, last = read_request({"period": "2022-13"}, otherwise=request(lang))

    document = LeaguePage(request(lang), PLAIN).refusal([*errors, *more, *last]).decode()

    assert len(errors) == 6
    assert len(Outline(document).all("li")) == 8
    assert len(Outline(document).all("form")) == 1


def test_both_languages_have_the_same_words_with_the_same_parts() -> None:
    def parts(text: str) -> set[str | None]:
        return {field for _, field, _, _ in string.Formatter().parse(text)}

    one, other = (WORDS[lang] for lang in Lang)
    assert one.keys() == other.keys()
    assert all(parts(one[word]) == parts(other[word]) for word in one)


@pytest.mark.parametrize("lang", list(Lang))
def test_every_choice_has_a_word(lang: Lang) -> None:
    speech = PageLocale(lang)

    for choice in (*TierChoice, *RankingRate, *Status):
        assert speech(choice) != choice.value


def test_a_trend_is_a_picture_with_a_description() -> None:
    trend = [
        MonthlyTrend("2022-01", 10, 5),
        MonthlyTrend("2022-02", 0, 0),
        MonthlyTrend("2022-03", 4, 4),
    ]

    drawn = draw(trend, PageLocale(Lang.ENGLISH))

    assert drawn.label == "Jan 2022: 10 received, 5 completed; Mar 2022: 4 received, 4 completed"
    assert (drawn.received.count("M"), drawn.completed.count("M")) == (2, 2)
    assert drawn.received.startswith("M0 24v-24h")
    assert drawn.completed.startswith("M0 24v-12h")


def test_an_empty_trend_is_an_empty_picture() -> None:
    assert draw([], PageLocale(Lang.ENGLISH)).received == ""


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        light = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_every_colour_of_text_is_readable_on_every_ground() -> None:
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", STYLE))

    for ground in ("#ffffff", colours["soft"], "#fbf7e9"):
        for text in ("ink", "quiet", "accent"):
            assert contrast(colours[text], ground) >= 4.5
    assert contrast("#ffffff", colours["accent"]) >= 4.5

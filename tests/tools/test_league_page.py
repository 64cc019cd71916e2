"""The league's page as a reader sees it in Chromium: wide, on a phone, on paper, scripts off."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.tools.conftest import FIRST, HOSTILE, MOST
from tests.tools.devtools import Tab

pytestmark = pytest.mark.tools

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
PAPER = 1047  # A4 across, without its margins, at 96 dots an inch
ROWS = "tbody th.holder"
CODES = f"{ROWS} small"
ENGLISH, INDONESIAN = "Complaint response league", "Peringkat tindak lanjut pengaduan"


def units_of(league: str, code: str = MOST) -> str:
    return league.replace("/league?", f"/league/{code}?")


def asked(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


async def address(tab: Tab) -> str:
    return str(await tab.look("location.href"))


async def fits(tab: Tab) -> bool:
    """Tell whether nothing sticks out to the side of the document, whatever scrolls within it."""
    width, room = await tab.look(
        "[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return bool(width <= room)


async def is_in_sight(tab: Tab, selector: str) -> bool:
    """Tell whether the whole element can be seen without scrolling, and nothing covers it."""
    return bool(
        await tab.look(
            f"(found => {{ const box = found.getBoundingClientRect();"
            " const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);"
            " return found.contains(top) && box.left >= 0 && box.top >= 0"
            " && box.right <= innerWidth && box.bottom <= innerHeight })"
            f"(document.querySelector('{selector}'))"
        )
    )


@pytest.mark.parametrize("size", SIZES)
async def test_rank_one_and_its_rate_are_seen_at_once(
    tab: Tab, league: str, size: str, pictures: Path
) -> None:
    await tab.resize(*SIZES[size])

    await tab.go(league)

    await tab.picture(pictures / f"{size}.png")
    await tab.picture(pictures / f"{size}-whole.png", whole=True)
    assert (await tab.texts("tbody td.rank"))[0] == "1"
    assert (await tab.texts(CODES))[0] == FIRST
    for cell in ("td.rank", "th.holder", "td.rate"):
        assert await is_in_sight(tab, f"tbody tr {cell}")
    assert (await tab.texts("tbody td.rate"))[0] == "100,00 %\n40 dari 40"


@pytest.mark.parametrize("size", SIZES)
async def test_no_page_is_wider_than_the_screen(
    tab: Tab, league: str, size: str, pictures: Path
) -> None:
    await tab.resize(*SIZES[size])

    for name, url in {
        "country": league,
        "units": units_of(league),
        "wrong": league.replace("2026", "yesterday"),
        "nothing": league.replace("2026", "2001"),
        "english": league.replace("lang=id", "lang=en"),
    }.items():
        await tab.go(url)
        await tab.picture(pictures / f"{size}-{name}.png", whole=True)
        assert await fits(tab), name


async def test_on_a_phone_the_rank_and_the_name_stay_while_the_table_scrolls(
    tab: Tab, league: str, pictures: Path
) -> None:
    await tab.resize(*SIZES["phone"])
    await tab.go(league)

    await tab.look("document.querySelector('.scroll').scrollLeft = 1e6")

    await tab.picture(pictures / "scrolled.png")
    assert await is_in_sight(tab, "tbody tr th.holder")
    assert await is_in_sight(tab, "tbody tr td:last-child")
    assert not await is_in_sight(tab, "tbody tr td.rate")


async def test_the_style_sheet_passes_the_policy_and_no_script_does(tab: Tab, league: str) -> None:
    await tab.go(league)

    margin, hidden = await tab.look(
        "[getComputedStyle(document.body).margin, (() => { const one ="
        " document.createElement('script'); one.textContent = 'window.ran = true';"
        " document.body.append(one); return window.ran })()]"
    )

    assert margin == "0px"
    assert hidden is None


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no_scripts"])
async def test_a_heading_sorts(tab: Tab, league: str, scripts: bool) -> None:
    if not scripts:
        await tab.forbid_scripts()
    await tab.go(league)
    by_rank = await tab.texts(CODES)

    await tab.click("thead a[href*='sort=received']")

    by_received = await tab.texts(CODES)
    received = [int(number) for number in await tab.texts("tbody td:nth-of-type(3)")]
    assert asked(await address(tab))["sort"] == ["received"]
    assert by_received[0] == MOST != by_rank[0]
    assert sorted(by_received) == sorted(by_rank)
    assert received == sorted(received, reverse=True)


async def test_the_form_filters_without_scripts(tab: Tab, league: str) -> None:
    await tab.forbid_scripts()
    await tab.go(league)

    await tab.look("document.querySelector('select[name=tier]').value = 'provinsi'")
    await tab.click("form button")

    assert asked(await address(tab))["tier"] == ["provinsi"]
    codes = await tab.texts(CODES)
    assert codes[0] == FIRST
    assert all(code.startswith("prov-") for code in codes)


async def test_an_institution_opens_its_units_and_the_way_back(tab: Tab, league: str) -> None:
    await tab.go(league)

    await tab.click(f"{ROWS} a[href^='/league/{MOST}?']")

    assert urlsplit(await address(tab)).path == f"/league/{MOST}"
    assert "RSUD" in await tab.texts(ROWS)
    assert await tab.texts("h1") == ["Pemerintah Kabupaten Tangerang"]
    await tab.click("header a")
    assert asked(await address(tab)) == asked(league) | {"by": ["completion"]}
    assert (await tab.texts(CODES))[0] == FIRST


async def test_a_hostile_unit_is_text(tab: Tab, league: str) -> None:
    await tab.go(units_of(league))

    assert HOSTILE in await tab.texts(ROWS)
    assert await tab.look("document.querySelectorAll('img, script').length") == 0
    assert tab.complaints == []


async def test_the_language_changes_and_the_rest_stays(tab: Tab, league: str) -> None:
    await tab.go(league + "&sort=received")

    found = [await tab.texts("h1")]
    for lang in ("en", "id"):
        await tab.click(f"header nav a[hreflang={lang}]")
        assert await tab.look("document.documentElement.lang") == lang
        assert asked(await address(tab))["sort"] == ["received"]
        found.append(await tab.texts("h1"))

    assert found == [[INDONESIAN], [ENGLISH], [INDONESIAN]]


async def test_the_page_prints_all_its_lines_and_columns(
    tab: Tab, league: str, pictures: Path
) -> None:
    await tab.resize(PAPER, 718)
    await tab.go(league)

    printed = await tab.printed()

    (pictures / "league.pdf").write_bytes(printed)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)", printed)
    assert 1 < pages < 9
    assert all(float(width) > float(height) for width, height in boxes)
    await tab.command("Emulation.setEmulatedMedia", media="print")
    assert await tab.look("document.scrollingElement.scrollWidth") <= PAPER
    assert await tab.look("getComputedStyle(document.querySelector('form')).display") == "none"


async def test_nothing_is_asked_of_another_host_and_the_console_is_silent(
    tab: Tab, league: str
) -> None:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(league))
    for url in (league, units_of(league), league.replace("lang=id", "lang=en")):
        await tab.go(url)

    links = await tab.look("[...document.querySelectorAll('a')].map(e => e.href)")

    assert tab.complaints == []
    assert {url.partition("/league")[0] for url in tab.requests} == {origin}
    assert len(tab.requests) >= 3
    assert all(link.startswith(f"{origin}/league") for link in links)

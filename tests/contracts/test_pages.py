"""The pages: every link in them leads somewhere, and the first one stays short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_BYTES = 10_240
PAGES = sorted(
    page
    for folder in ("", "deploy/**/", "services/**/", "shared/**/")
    for page in ROOT.glob(f"{folder}*.md")
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def read(page: Path) -> str:
    """Return a page without its blocks of code."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = HEADING.findall(read(page))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    links = [link for link in LINK.findall(read(page)) if not link.startswith("http")]
    return [link for link in links if not leads_somewhere(page, link)]


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n[a](#a-page) [b](#b) [c](page.md#a-page) [d](gone.md)\n")

    assert broken(page) == ["#b", "gone.md"]


def test_the_first_page_is_a_doorway() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= MOST_BYTES

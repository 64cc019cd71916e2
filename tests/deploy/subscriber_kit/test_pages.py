"""The pages of the kit: what is generated is fresh, what they name is there."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.dev.generators.generated_files import GENERATED, stale
from deploy.dev.generators.kit_tables import KIT
from deploy.dev.generators.tree import ROOT
from tests.support.code_blocks import blocks, script_of

PAGES = sorted(KIT.glob("*.md"))
_LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}


def test_nothing_of_the_kit_is_stale() -> None:
    assert stale(one for one in GENERATED if one.path.is_relative_to(KIT)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    found = [link for link in _LINK.findall(page.read_text()) if "://" not in link[0]]

    assert found
    for target, anchor in found:
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def test_the_example_needs_what_the_page_says_and_nothing_of_ours() -> None:
    tree = ast.parse((KIT / "consumer.py").read_text())
    modules = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (pinned,) = [one for one in project["dependencies"] if one.startswith("aiokafka")]

    assert modules - sys.stdlib_module_names == {"aiokafka"}
    assert f"'{pinned}'" in script_of(KIT / "kafka.md")
    assert pinned in (KIT / "consumer.py").read_text()


def test_the_variables_that_the_example_reads_are_on_its_page() -> None:
    read = set(re.findall(r"SALUR_[A-Z_]+", (KIT / "consumer.py").read_text()))
    told = set(re.findall(r"^\| `(SALUR_[A-Z_]+)`", (KIT / "kafka.md").read_text(), re.MULTILINE))

    assert read == told


def test_blocks_are_found_in_order(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\none\n```\ntext\n```python a.py\ntwo\n```\n```json\n{}\n```\n")

    assert [block.language for block in blocks(page)] == ["sh", "python", "json"]
    assert script_of(page).split() == [
        *("set", "-euo", "pipefail", "one", "echo"),
        *("cat", ">", "a.py", "<<'END_OF_BLOCK_1'", "two", "END_OF_BLOCK_1"),
    ]

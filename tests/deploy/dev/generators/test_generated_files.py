"""Generated files: made between their markers, and checked without being changed."""

from pathlib import Path

import pytest

from deploy.dev.generators import generated_files
from deploy.dev.generators.case_lifecycle import life_of_a_case
from deploy.dev.generators.generated_files import (
    BEGIN,
    END,
    Generated,
    collection_table,
    rewrite,
    stale,
    topic_table,
    with_topic_table,
)
from services.router.domain.case.refusals import RefusalCode
from services.router.domain.case.transitions import OWN, TRANSITIONS
from services.router.domain.routing.triage_reasons import REASONS
from shared.contracts.case import STATUS_WORDS
from shared.contracts.topics import TOPICS
from shared.database.collections import COLLECTIONS
from shared.errors import Misconfigured

SHOWN = set(TRANSITIONS) | set(OWN)


def test_every_topic_has_a_line_in_the_table() -> None:
    lines = topic_table().splitlines()

    assert len(lines) == len(TOPICS) + 2
    assert len({line.count("|") for line in lines}) == 1
    assert all(f"| `{spec.name}` |" in line for spec, line in zip(TOPICS, lines[2:], strict=True))


def test_every_collection_has_a_line_in_the_table() -> None:
    lines = collection_table().splitlines()

    assert len({line.count("|") for line in lines}) == 1
    for spec, line in zip(COLLECTIONS, lines[2:], strict=True):
        assert line.startswith(f"| `{spec.name}` | `salur")
        assert f"| {spec.writer} | {', '.join(spec.readers)} |" in line


def test_the_life_of_a_case_has_every_input_status_and_refusal() -> None:
    text = life_of_a_case()
    inputs, refusals, waiting = (part.splitlines() for part in text.split("\n\n"))

    assert all(word in inputs[0] for word in STATUS_WORDS.values())
    assert all(any(line.startswith(f"| `{kind}`") for line in inputs) for kind in SHOWN)
    assert all(any(line.startswith(f"| `{code}` |") for line in refusals) for code in RefusalCode)
    assert all(any(line.startswith(f"| `{one}` |") for line in waiting) for one in REASONS)
    for lines in (inputs, refusals, waiting):
        assert len({line.count("|") for line in lines}) == 1


def test_a_cell_tells_where_an_input_leads() -> None:
    (line,) = [line for line in life_of_a_case().splitlines() if line.startswith("| `complete` ")]

    assert [cell.strip() for cell in line.split("|")[2:-1]] == [
        "agency, operator",
        "",
        "→ completed",
        "→ completed",
        *("", "", ""),
    ]


def test_only_what_is_between_the_markers_changes() -> None:
    text = with_topic_table(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    assert text == f"before\n{BEGIN}\n{topic_table()}{END}\nafter\n"
    assert with_topic_table(text) == text


@pytest.mark.parametrize(
    "text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"]
)
def test_a_readme_without_its_markers_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"README\.md"):
        with_topic_table(text)


def test_checking_names_what_is_stale_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generated_files, "ROOT", tmp_path)
    (tmp_path / "fresh").write_text("new")
    (tmp_path / "old").write_text("old")
    files = [Generated(tmp_path / name, lambda _: "new") for name in ("fresh", "old", "missing")]

    assert stale(files) == ["old", "missing"]
    assert (tmp_path / "old").read_text() == "old"

    assert rewrite(files) == ["old", "missing"]
    assert stale(files) == []

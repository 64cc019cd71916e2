"""The brain in use follows its file while the router runs."""

import os
from pathlib import Path

import pytest

from services.router.rulebook import RuleBook
from services.router.settings import RouterSettings
from shared.errors import Misconfigured
from tests.builders import complaint

PROVISIONED = frozenset({"kab-3603"})


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "institutions.csv"
    path.write_text(RouterSettings().directory.read_text())
    return path


def replaced(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text)
    os.replace(draft, path)


async def test_a_new_directory_is_used_without_a_restart(directory: Path) -> None:
    rules = RuleBook(directory, RouterSettings().categories)
    before = rules.decider().decide([complaint()], PROVISIONED)[0]
    lines = directory.read_text().splitlines(keepends=True)

    replaced(directory, "".join(line for line in lines if not line.startswith("kab-3603,")))
    await rules.reload()
    after = rules.decider().decide([complaint()], PROVISIONED)[0]

    assert before.institution == "kab-3603"
    assert after.institution is None
    assert after.version != before.version
    assert "kab-3603" not in rules.known()


async def test_a_wrong_new_directory_changes_nothing(directory: Path) -> None:
    rules = RuleBook(directory, RouterSettings().categories)
    decider = rules.decider()

    replaced(directory, "code,type\nkab-3603,kabupaten\n")
    await rules.reload()

    assert rules.decider() is decider


def test_a_wrong_directory_at_start_is_refused(directory: Path) -> None:
    replaced(directory, "code,type\nkab-3603,kabupaten\n")

    with pytest.raises(Misconfigured, match="institutions"):
        RuleBook(directory, RouterSettings().categories)

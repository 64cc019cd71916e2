"""The institution that supervises all others: named by a setting, checked against the directory."""

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.router.app import create_app
from services.router.reference.rulebook import RuleBook
from services.router.settings import RouterSettings
from shared.errors import Misconfigured

SHIPPED = RouterSettings()
SOME = "kem-038"


def test_nobody_supervises_unless_somebody_is_named() -> None:
    assert RouterSettings().supervisor is None
    assert RouterSettings.model_validate({"supervisor": ""}).supervisor is None


def test_a_router_does_not_start_with_a_supervisor_that_its_directory_lacks() -> None:
    wrong = RouterSettings.model_validate({"supervisor": "kem-777", "model": ""})

    with pytest.raises(Misconfigured, match="'kem-777' is not a code of the directory; set ROUTER"):
        create_app(wrong)


async def test_a_directory_without_the_supervisor_is_not_taken_into_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = SHIPPED.directory.read_text(encoding="utf-8").splitlines(keepends=True)
    directory, draft = tmp_path / "institutions.csv", tmp_path / "draft"
    directory.write_text("".join(lines), encoding="utf-8")
    files = replace(SHIPPED.files, directory=directory, model=None)
    rules = RuleBook(files, supervisor=SOME)

    draft.write_text("".join(one for one in lines if not one.startswith(SOME)), encoding="utf-8")
    os.replace(draft, directory)
    with caplog.at_level(logging.WARNING):
        await rules.reload()

    assert SOME in rules.known()
    assert rules.timekeeper().supervisor == SOME
    assert "supervisor 'kem-038' is not a code of the directory" in caplog.text

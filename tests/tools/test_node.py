"""What the helper of Node.js promises: what is missing is named, nothing is fetched twice."""

from pathlib import Path

import pytest

from tests.support.programs import node
from tests.support.programs.node import main, require_packages

pytestmark = pytest.mark.tools


@pytest.mark.parametrize("said", [None, "v16.20.2", "install it from the store"])
def test_a_missing_or_old_node_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    said: str | None,
) -> None:
    if said is not None:
        shim = tmp_path / "node"
        shim.write_text(f"#!/bin/sh\necho '{said}'\n")
        shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["--require"]) == 3
    assert "node 18 or newer is missing; install Debian's package `nodejs`" in (
        capsys.readouterr().err
    )


def test_a_missing_npm_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "node").symlink_to(node.require_node())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "CACHE", tmp_path / "cache")

    assert main(["--require"]) == 3
    assert "install Debian's package `npm`" in capsys.readouterr().err


def test_what_was_fetched_is_used_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = require_packages()
    (tmp_path / "node").symlink_to(node.require_node())
    monkeypatch.setenv("PATH", str(tmp_path))  # no npm there

    assert require_packages() == folder


def test_another_lock_file_is_another_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = require_packages()
    for name in node.FILES:
        (tmp_path / name).write_text((node.RECIPE / name).read_text() + "\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").symlink_to(node.require_node())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(node, "RECIPE", tmp_path)

    assert before.exists()
    assert main(["--require"]) == 3  # it would have to be fetched, and there is no npm

"""What the helper of Chromium promises: it is named when missing, and none is left."""

import os
from pathlib import Path

import pytest

from deploy.dev.local.parts import running
from deploy.processes import wait_until
from tests.support.programs.chromium import PROGRAMS, Chromium, main

pytestmark = pytest.mark.tools


def processes(folder: Path) -> list[str]:
    """Return the command lines of the processes that were told of this folder."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = one.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_no_process_is_left(tmp_path: Path, way: str) -> None:
    part = Chromium(tmp_path)
    with running(part):
        assert len(processes(tmp_path)) > 1
        assert part.answers()

        getattr(part, way)()

        wait_until(lambda: not processes(tmp_path), "no process of Chromium", timeout=10)
        assert not part.answers()


def test_a_missing_program_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["--require"]) == 3
    said = capsys.readouterr().err
    assert all(name in said for name in PROGRAMS)


def test_a_shim_is_no_chromium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shim = tmp_path / PROGRAMS[0]
    shim.write_text("#!/bin/sh\necho 'install it from the store' >&2\nexit 1\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/nowhere")

    assert main(["--require"]) == 3

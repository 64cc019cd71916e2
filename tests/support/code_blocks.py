"""The code blocks of a page of documentation, done as a developer would do them.

A block of shell is run; a block whose fence names a file is saved under that name; other blocks
are only shown.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

KIT = Path(__file__).parents[2] / "deploy" / "subscriber_kit"
SECONDS = 150.0
_FENCE = re.compile(r"^```(\w+)(?: ([\w.-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One block of code: its language, the file that it is saved as, if any, and its text."""

    language: str
    file: str
    code: str


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    return [Block(*found) for found in _FENCE.findall(page.read_text(encoding="utf-8"))]


def script_of(page: Path) -> str:
    """Return one shell script that does what the page says, in its order."""
    parts = ["set -euo pipefail"]
    for number, block in enumerate(blocks(page)):
        if block.file:
            end = f"END_OF_BLOCK_{number}"
            parts.append(f"cat > {block.file} <<'{end}'\n{block.code}{end}")
        elif block.language == "sh":
            parts += [block.code, "echo"]  # the next prompt would begin on a line of its own
    return "\n".join(parts) + "\n"


def follow_page(
    page: Path, folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Do what the page says in a folder, with these variables and no others of ours."""
    return run(["bash", "-c", script_of(page)], folder, env)


def run(
    command: list[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder as somebody who has Python, `salur` and these variables."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "HOME": str(folder), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        command,
        cwd=folder,
        env={**own, **env},
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

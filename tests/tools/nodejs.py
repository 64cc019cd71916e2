"""Runs a program of `tests/tools/node` on what the lock file pins there."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.programs.node import RECIPE, require_node, require_packages

SECONDS = 60.0


def run(program: str, said: str) -> str:
    """Return what a program answers to what is said to it; fails with its own words."""
    command = [require_node(), RECIPE / program]
    done = subprocess.run(
        command,
        check=False,
        cwd=require_packages(),
        input=said,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def verified(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the npm package says of each message: `verified` with the body, or `refused`."""
    lines = "\n".join(json.dumps(message) for message in messages)
    return [json.loads(line) for line in run("signatures.mjs", lines).splitlines()]


def parsed(document: Path | str) -> dict[str, Any]:
    """Return what AsyncAPI's parser makes of a document, and all that it finds in it."""
    text = document.read_text(encoding="utf-8") if isinstance(document, Path) else document
    found: dict[str, Any] = json.loads(run("asyncapi.mjs", text))
    return found

"""What a script counts over the case documents, knowing nothing of the services."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.dev.replay.scenario import Question
from deploy.dev.replay.sources.table import Counts, CountTable, Row
from deploy.processes import PartFailed

SCRIPT = Path(__file__).parents[4] / "tests" / "support" / "direct_count.py"


def require_script() -> None:
    """Raise PartFailed where the script is missing: neither the package nor the image has it."""
    if not SCRIPT.exists():
        raise PartFailed(SCRIPT.name, f"{SCRIPT} is missing; run this in a checkout of Salur")


async def direct_tables(database_url: str, questions: Sequence[Question]) -> list[CountTable]:
    """Return what the script counts over the case documents, a table per question.

    Raises:
        PartFailed: the script ended with an error.
    """
    asked = [one.model_dump_json() for one in questions]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        database_url,
        *asked,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, wrong = await process.communicate()
    if process.returncode:
        raise PartFailed(SCRIPT.name, f"ended with {process.returncode}", wrong.decode()[-2000:])
    return [_of_direct(found) for found in json.loads(told)]


def _of_direct(found: Mapping[str, Any]) -> CountTable:
    rows = {code: _direct_row(row) for code, row in found["rows"].items()}
    return CountTable(rows, _direct_row(found["totals"]))


def _direct_row(row: Mapping[str, Any]) -> Row:
    counts = Counts(Counter(row["status"]), row["transferred_in"], row["transferred_out"])
    return Row(counts, row["follow_up"], row["completion"], row["rank"])

"""What the services keep beside Kafka: the database's cases, and their own logs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy.dev.chaos.oracle.leaks import marks_in


def stored_cases(url: str) -> Mapping[str, int]:
    """Return the last `seq` of every case in the database."""
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=5000) as client:
        found = client["salur"]["cases"].find({}, {"number": 1, "seq": 1})
        return {case["number"]: case["seq"] for case in found}


class LogWatcher:
    """Looks for planted identities in what the services write to their logs."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self._pattern = pattern
        self._read: dict[Path, int] = {}
        self.leaks: list[str] = []

    def read(self) -> None:
        """Take in what was written since the last time."""
        for path in sorted(self._folder.glob(self._pattern)):
            with path.open("rb") as log:
                log.seek(self._read.get(path, 0))
                for line in log:
                    self.leaks += [f"{path.name}: {mark}" for mark in marks_in(line)]
                self._read[path] = log.tell()

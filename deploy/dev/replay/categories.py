"""The names of the router's categories, for the words of made-up complaints."""

import csv
from collections.abc import Mapping

from shared.reference.shipped import TABLES

FILE = TABLES / "taxonomy.csv"


def read_subjects() -> Mapping[str, str]:
    """Return the Indonesian name of every category."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return {row["category"]: row["name"] for row in csv.DictReader(lines)}

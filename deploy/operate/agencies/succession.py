"""What becomes of the directory when an institution comes, is renamed, or goes: text in, text out.

A code is never used again: whoever goes keeps its line, with the day and its successor. What was
right until a change is written down as a `EndedName` name, for the tables of periods before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from deploy.operate.agencies.csv_text import CsvText
from services.router.domain.reference.directory import Directory, Institution, parse_directory
from services.router.domain.reference.directory_rules import COLUMNS, PREFIXES
from services.router.domain.reference.succession import CLOSED, OPTIONAL_COLUMNS, SUCCESSOR
from services.router.domain.text.lexicon import bare_name
from shared.contracts.identifiers import is_agency_code
from shared.errors import Misconfigured

_FIRST, _REGIONAL = COLUMNS[0], ("provinsi", "kabupaten", "kota")


@dataclass(frozen=True, slots=True)
class EndedName:
    """A name that an institution had up to a day, that day not included."""

    code: str
    name: str
    short: str
    until: date


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """The directory's new text; `former` is the name that ended, where one did."""

    text: str
    former: EndedName | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new institution, in the words of the directory's columns; `region_code` and `parent` of a
    regional one follow from its code where they are not given."""

    code: str
    type: str
    name: str
    short: str = ""
    aliases: tuple[str, ...] = ()
    region_code: str = ""
    parent: str = ""


def added(text: str, newcomer: Newcomer, *, today: date) -> DirectoryChange:
    """Return the directory with one more line.

    Raises:
        Misconfigured: the code is or was somebody's, or has another form; or the line breaks a
            rule of the directory.
    """
    directory = _read(text)
    code = newcomer.code
    if not is_agency_code(code):
        prefix = PREFIXES.get(newcomer.type, "kem")
        raise Misconfigured(f"{code!r} is no code: write {prefix}-, then digits, as {prefix}-901")
    if (taken := directory.institutions.get(code)) is not None:
        raise Misconfigured(f"{code} {_whose(taken)}; codes are never used again: take another")
    line = CsvText.of(text).appended(_cells(newcomer, today)).text
    _read(line)
    return DirectoryChange(line)


def renamed(text: str, code: str, name: str, *, short: str = "", on: date) -> DirectoryChange:
    """Return the directory with another name from a day on; the name before becomes an alias.

    Raises:
        Misconfigured: no open institution has the code, or it is called that already.
    """
    one = _open(_read(text), code)
    names = {"name": name.strip() or one.name, "short": short.strip() or one.short}
    if (names["name"], names["short"]) == (one.name, one.short):
        raise Misconfigured(f"{code} is called {one.name} ({one.short}) already; give another name")
    changes = {**names, "aliases": ";".join(_aliases(one, names)), "source": _source("renamed", on)}
    new = _with(text, code, changes)
    return DirectoryChange(new, EndedName(code, one.name, one.short, on))


def closed(text: str, code: str, into: str | None, *, on: date) -> DirectoryChange:
    """Return the directory with an institution closed from a day on, and its successor.

    One that is closed in this very way already stays as it is. A successor may be named later.

    Raises:
        Misconfigured: there is no such institution, the successor is closed or the same, or it was
            closed into another.
    """
    directory = _read(text)
    one = _known(directory, code)
    if into is not None:
        _check_successor(directory, one, into)
    if one.closed and one.successor == into:
        return DirectoryChange(text)
    if one.closed and one.successor:
        raise Misconfigured(f"{code} {_whose(one)}; name that one, or mend the line by hand")
    since = one.closed or on
    changes = {CLOSED: since.isoformat(), SUCCESSOR: into or ""}
    return DirectoryChange(_with(text, code, changes), EndedName(code, one.name, one.short, since))


def known(text: str, code: str) -> Institution:
    """Return the institution of a code; Misconfigured where the text has none."""
    return _known(_read(text), code)


def _check_successor(directory: Directory, one: Institution, into: str) -> None:
    successor = _known(directory, into)
    if into == one.code:
        raise Misconfigured(f"{into} cannot take over from itself; name another")
    if successor.closed:
        raise Misconfigured(f"{into} {_whose(successor)}; name an open one that takes over")


def _with(text: str, code: str, changes: Mapping[str, str]) -> str:
    table = CsvText.of(text)
    if table.columns[0].strip() != _FIRST:
        raise Misconfigured(f"the first column is {table.columns[0]!r}; put {_FIRST} first")
    wanted = [name for name in OPTIONAL_COLUMNS if name in changes]
    new = table.with_columns(wanted).changed(code, changes).text
    _read(new)
    return new


def _read(text: str) -> Directory:
    return parse_directory(text)


def _known(directory: Directory, code: str) -> Institution:
    if (one := directory.institutions.get(code)) is None:
        raise Misconfigured(f"the directory has no institution {code}; add it, or mend the code")
    return one


def _open(directory: Directory, code: str) -> Institution:
    if (one := _known(directory, code)).closed:
        raise Misconfigured(f"{code} {_whose(one)}; its name stays as it was")
    return one


def _whose(one: Institution) -> str:
    if not one.closed:
        return f"is {one.name}"
    into = f" and merged into {one.successor}" if one.successor else ""
    return f"was {one.name}, closed on {one.closed}{into}"


def _aliases(one: Institution, names: Mapping[str, str]) -> list[str]:
    # People go on using the name that they know. Of a region it is what follows its kind.
    new = one.model_copy(update=names)
    before, after = ((each.name, each.short) for each in (one, new))
    if not one.is_central:
        before, after = (bare_name(one), ""), (bare_name(new), "")
    fit = (name for name in before if name and ";" not in name and name not in after)
    return list(dict.fromkeys((*one.aliases, *fit)))


def _source(what: str, on: date) -> str:
    return f"{what} by salur agencies {on}"


def _cells(newcomer: Newcomer, today: date) -> dict[str, str]:
    digits = newcomer.code.partition("-")[2]
    is_regional = newcomer.type in _REGIONAL
    region = newcomer.region_code or (_dotted(digits) if is_regional else "")
    below = is_regional and newcomer.type != "provinsi"
    return {
        "code": newcomer.code,
        "type": newcomer.type,
        "name": newcomer.name.strip(),
        "short": newcomer.short.strip() or newcomer.name.strip(),
        "aliases": ";".join(newcomer.aliases),
        "region_code": region,
        "parent": newcomer.parent or (f"prov-{digits[:2]}" if below else ""),
        "autonomous": "yes",
        "source": _source("added", today),
        "verified": "no",
    }


def _dotted(digits: str) -> str:
    return digits if len(digits) == 2 else f"{digits[:2]}.{digits[2:]}"

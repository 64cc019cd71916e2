"""Which collections code opens, read from its source: of a service, or of a command of `salur`.

A command is followed from name to name: what it does not reach, it does not open.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.contracts.topics import SERVICES
from shared.database import collections
from shared.database.collections import stops_of

ROOT = Path(__file__).parents[2]
OURS = frozenset({"deploy", "services", "shared"})
OPENING = frozenset({"cases", "private"})  # methods of Mongo; databases of that name elsewhere
Symbol = tuple[str, str]  # a module, and a name at its top


@dataclass(frozen=True, slots=True, order=True)
class Opened:
    """A collection, and in which database it is looked for."""

    database: str
    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module's statements by the names that they give, and where its other names are from."""

    given: dict[str, ast.stmt]
    imported: dict[str, Symbol]


def opened_by_service(service: str) -> set[Opened]:
    """Return what any of a service's modules opens."""
    return {
        one
        for path in sorted((ROOT / "services" / service).rglob("*.py"))
        for one in opened_in_tree(ast.parse(path.read_text(encoding="utf-8")), (service,))
    }


def opened_by_command(module: str) -> set[Opened]:
    """Return what is opened by what a command's module reaches."""
    found: set[Opened] = set()
    seen: set[Symbol] = set()
    waiting = [(module, name) for name in module_of(module).given]
    while waiting:
        symbol = waiting.pop()
        if symbol in seen:
            continue
        seen.add(symbol)
        statement = module_of(symbol[0]).given.get(symbol[1])
        if statement is not None:
            found |= set(opened_in_tree(statement, SERVICES))
            waiting += used_in(symbol[0], statement)
    return found


def opened_in_tree(tree: ast.AST, services: Sequence[str]) -> Iterator[Opened]:
    """Yield what is opened; LookupError for an opening whose collection has no name of ours."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="cases" | "private" as database), args=[one]):
                yield from named(database, one, services)
            case ast.Call(
                func=ast.Name(id="map"),
                args=[ast.Attribute(attr="cases" | "private" as database), ast.Tuple(elts=several)],
            ):
                for one in several:
                    yield from named(database, one, services)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=database), attr="get_collection"),
                args=[one, *_],
            ) if database in OPENING:
                yield from named(database, one, services)
            case ast.Subscript(value=ast.Name(id="cases" | "private" as database), slice=one) if (
                is_named(one)
            ):
                yield from named(database, one, services)


def is_named(one: ast.expr) -> bool:
    return is_stops(one) or (isinstance(one, ast.Name) and hasattr(collections, one.id))


def is_stops(one: ast.expr) -> bool:
    return (
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Name)
        and one.func.id == stops_of.__name__
    )


def named(database: str, one: ast.expr, services: Sequence[str]) -> list[Opened]:
    if not is_named(one):
        raise LookupError(f"line {one.lineno}: {ast.unparse(one)} is not in collections.py")
    if is_stops(one):
        return [Opened(database, stops_of(service)) for service in services]
    assert isinstance(one, ast.Name)
    return [Opened(database, getattr(collections, one.id))]


def used_in(module: str, statement: ast.stmt) -> Iterator[Symbol]:
    """Yield what a statement names, as the module that gives it calls it."""
    known = module_of(module)
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name) if name in known.imported:
                yield known.imported[name]
            case ast.Name(id=name) if name in known.given:
                yield module, name
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in known.imported:
                yield ".".join(known.imported[name]), attribute  # of a module that was imported


@cache
def module_of(name: str) -> Module:
    """Return a module of this tree; an empty one for what is not one."""
    path = path_of(name)
    if path is None:
        return Module({}, {})
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    return Module({name: one for one in tree.body for name in names_given(one)}, imported)


def path_of(module: str) -> Path | None:
    parts = module.split(".")
    if parts[0] not in OURS:
        return None
    path = ROOT.joinpath(*parts).with_suffix(".py")
    return path if path.exists() else None


def names_given(statement: ast.stmt) -> list[str]:
    """Return the names that a statement at the top gives; its line where it gives none."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign() | ast.AnnAssign():
            names = [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
            return names or [f"line {statement.lineno}"]
        case _:
            return [f"line {statement.lineno}"]

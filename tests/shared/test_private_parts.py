"""Private parts of a library are reached into by one module each, which has a test of its own.

Ruff (SLF001) sees what is private in another object. It does not see what a subclass takes from its
parent, or takes away from it by the same name: that is looked for here.
"""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import services
import shared

ROOT = Path(__file__).parents[2]
LIBRARIES = frozenset(
    {"aiokafka", "fastapi", "faststream", "motor", "pymongo", "starlette", "uvicorn"}
)
_OWN = re.compile(r"\bself\.(_[a-z]\w*)")


def classes() -> Iterator[type]:
    """Yield every class of ours that is built on a library's."""
    for package in (services, shared):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                module = importlib.import_module(found.name)
                members = vars(module).values()
                yield from (one for one in members if isinstance(one, type) and parents(one))


def parents(cls: type) -> list[type]:
    """Return the classes of libraries that a class of ours is built on."""
    if not cls.__module__.startswith(("services.", "shared.")):
        return []
    return [one for one in cls.__mro__ if one.__module__.partition(".")[0] in LIBRARIES]


def private(cls: type) -> set[str]:
    """Return the private names that a class has or sets."""
    named = {name for name in vars(cls) if re.fullmatch(r"_[a-z]\w*", name)}
    return (named | set(_OWN.findall(inspect.getsource(cls)))) - {"_abc_impl"}  # Python's own


def test_no_subclass_shares_a_private_name_with_its_library() -> None:
    found = {cls: set().union(*map(private, parents(cls))) & private(cls) for cls in classes()}

    assert len(found) > 4
    assert {cls.__qualname__: names for cls, names in found.items() if names} == {}, (
        "these names are the library's own: call ours otherwise, or put what needs them into "
        "shared/kafka/aiokafka_internals.py, beside it for another library"
    )


def test_nothing_private_is_imported_from_a_library() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {ast.unparse(node)}"
        for folder in ("services", "shared", "deploy")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if any(is_private(name) for name in imported(node))
    ]

    assert found == []


def imported(node: ast.AST) -> list[str]:
    """Return the names that a statement imports, with the module that they come from."""
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{one.name}" for one in node.names]
    return []


def is_private(name: str) -> bool:
    """Tell whether a part of a dotted name begins with an underscore, of a library's."""
    first, *rest = name.split(".")
    return first in LIBRARIES and any(part.startswith("_") for part in rest)

"""The house: one name means one thing, and a folder can be taken in at a glance."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_MODULES = 12
MOST_LINES = 300
# Not counted: what makes a folder a package, and what makes it a program.
FRAMES = frozenset(("__init__.py", "__main__.py"))


def test_no_public_class_is_called_like_another() -> None:
    places = defaultdict(list)
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")]:
        for name in public_classes(path.read_text(encoding="utf-8")):
            places[name].append(str(path.relative_to(ROOT)))

    assert len(places) > 300  # it looked
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_folder_has_more_modules_than_can_be_taken_in() -> None:
    counts: dict[str, int] = defaultdict(int)
    for top in ("services", "shared", "deploy"):
        for path in ROOT.glob(f"{top}/**/*.py"):
            counts[str(path.parent.relative_to(ROOT))] += path.name not in FRAMES

    assert len(counts) > 50  # it looked
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_no_module_is_longer_than_can_be_read_at_a_sitting() -> None:
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for top in ("services", "shared", "deploy", "tests")
        for path in ROOT.glob(f"{top}/**/*.py")
    }

    assert len(lengths) > 900  # it looked
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}


def public_classes(text: str) -> list[str]:
    return [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]

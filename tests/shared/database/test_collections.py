"""The table of collections agrees with what services and commands do with them."""

import ast
from functools import cache
from pathlib import Path

import pytest

from deploy.cli.app import WHERE
from deploy.operate.restore.targets import targets_of
from shared.contracts.topics import SERVICES
from shared.database import collections
from shared.database.collections import COLLECTIONS, CollectionSpec, Recovery
from shared.database.mongo import Mongo
from shared.settings import MongoSettings
from tests.support.opened_collections import (
    ROOT,
    Opened,
    opened_by_command,
    opened_by_service,
    opened_in_tree,
)

# What only a checkout has works on systems that it starts itself.
COMMANDS = {name: where for name, where in WHERE.items() if not where.startswith("dev.")}
SHARED = [spec for spec in COLLECTIONS if spec.readers]


def places(specs: list[CollectionSpec]) -> set[Opened]:
    return {Opened(spec.database, spec.name) for spec in specs}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_opens_what_the_table_says(service: str) -> None:
    specs = [spec for spec in COLLECTIONS if service in (spec.writer, *spec.readers)]

    assert opened_by_service(service) == places(specs)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_opens_what_the_table_says(command: str) -> None:
    specs = [spec for spec in COLLECTIONS if command in spec.commands]
    module, _, _ = COMMANDS[command].partition(":")

    assert opened_by_command(f"deploy.cli.{module}") == places(specs)


@pytest.mark.parametrize(
    "code",
    [
        'mongo.private("strange")',
        "mongo.cases(STRANGE)",
        "map(mongo.private, (VAULT, STRANGE))",
        "private.get_collection(name)",
    ],
)
def test_an_opening_under_another_name_is_refused(code: str) -> None:
    with pytest.raises(LookupError, match=r"collections\.py"):
        list(opened_in_tree(ast.parse(code), SERVICES))


def test_every_name_of_a_collection_has_its_row() -> None:
    names = {value for name, value in vars(collections).items() if name.isupper()}
    stops = {collections.stops_of(service) for service in SERVICES}

    assert {one for one in names if isinstance(one, str)} | stops == {
        spec.name for spec in COLLECTIONS
    }
    assert {one for spec in COLLECTIONS for one in spec.commands} <= COMMANDS.keys()


async def test_what_comes_back_from_events_is_what_the_command_restores() -> None:
    async with Mongo(MongoSettings()) as mongo:
        restored = {target.name for target in targets_of(mongo)}

    assert restored == {spec.name for spec in COLLECTIONS if spec.recovery is Recovery.EVENTS}


def test_the_private_database_comes_back_from_its_back_up_and_nothing_else_does() -> None:
    for spec in COLLECTIONS:
        assert (spec.recovery is Recovery.BACK_UP) == (spec.database == "private"), spec.name
        assert (spec.recovery is Recovery.NOTHING) == bool(spec.loss), spec.name


@pytest.mark.parametrize("spec", SHARED, ids=lambda spec: spec.name)
def test_writer_and_readers_use_one_module_for_what_they_share(spec: CollectionSpec) -> None:
    module = spec.fields_in.removesuffix(".py").replace("/", ".")

    assert (ROOT / spec.fields_in).is_file()
    for service in (spec.writer, *spec.readers):
        assert module in imported_by(ROOT / "services" / service), service


def test_only_what_is_shared_names_a_module() -> None:
    assert [spec for spec in COLLECTIONS if spec.fields_in] == SHARED


@cache
def imported_by(folder: Path) -> set[str | None]:
    return {
        node.module
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    }

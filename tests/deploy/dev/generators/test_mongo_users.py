"""The rights that the runbook gives the database's users are those that the services use."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev.generators.mongo_users import (
    ACTIONS,
    ADDS,
    DATABASES,
    READS,
    WRITES,
    rights_of,
    users_text,
)
from shared.contracts.topics import SERVICES
from shared.database.collections import COLLECTIONS
from tests.support.opened_collections import opened_by_service

ROOT = Path(__file__).parents[4] / "services"
LOOKING = {"find", "find_one", "aggregate", "count"}
CHANGING = {"insert", "write", "update", "delete", "ensure_indexes"}


def trees(service: str) -> Iterator[ast.AST]:
    for path in sorted((ROOT / service).rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def asked(service: str, collection: str) -> set[str]:
    """Return what a service does with a collection: methods of the attribute of its name."""
    return {
        node.attr
        for tree in trees(service)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == f"_{collection}"
        and node.attr in LOOKING | CHANGING
    }


def in_all(service: str, *does: str) -> set[str]:
    """Return the collections of both databases that a service writes, or reads."""
    found = rights_of(service).values()
    return {name for database in found for one in does for name in database[one]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_a_right_to_what_its_code_opens_and_to_nothing_else(service: str) -> None:
    assert in_all(service, READS, WRITES, ADDS) == {one.name for one in opened_by_service(service)}


@pytest.mark.parametrize("service", ["intake", "notifier"])
def test_what_a_service_only_reads_it_never_changes(service: str) -> None:
    for collection in in_all(service, READS):
        done = asked(service, collection)

        assert done, f"{service} has no attribute _{collection}"
        assert done <= LOOKING, f"{service} changes {collection}"


def test_what_a_service_only_adds_to_it_never_changes() -> None:
    assert in_all("intake", ADDS) == {"audit"}
    assert asked("intake", "audit") <= LOOKING | {"insert", "ensure_indexes"}
    assert not {"update", "remove"} & set(ACTIONS[ADDS])


def test_a_change_would_be_seen() -> None:
    assert asked("intake", "vault") & CHANGING
    assert asked("notifier", "deliveries") & CHANGING


def test_every_collection_has_one_user_who_writes_it() -> None:
    writers = [name for service in SERVICES for name in in_all(service, WRITES, ADDS)]

    assert sorted(writers) == sorted(spec.name for spec in COLLECTIONS)
    assert in_all("router", READS) == {"units"}
    assert rights_of("metrics")[DATABASES["cases"]] == {WRITES: ["facts"], ADDS: [], READS: []}


def test_the_program_grants_what_the_table_says() -> None:
    text = users_text()
    actions = re.search(r"const actions = (.+);", text)
    granted = dict(re.findall(r'^  "salur-(\w+)": (.+),$', text, re.MULTILINE))

    assert actions
    assert json.loads(actions[1]) == {name: list(words) for name, words in ACTIONS.items()}
    assert {name: json.loads(one) for name, one in granted.items()} == {
        service: rights_of(service) for service in SERVICES
    }
    for service in SERVICES:
        (row,) = re.findall(rf"^\| `salur-{service}` .+$", text, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", row)) == in_all(service, READS, WRITES, ADDS)
    assert 'user: "salur-operator"' in text

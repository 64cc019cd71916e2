"""Every port to a database or to Kafka has a suite that its fake and its adapter both pass."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Ports that are none to a database, nor to a Kafka that a fake stands in for.
OTHERS = frozenset(
    {
        "Clock",
        "Decider",  # computes
        "EndpointSender",  # HTTP, mail and SMS, to a receiver of the tests
        "Guesser",  # computes
        "HasHeaders",  # a shape
        "Message",  # a shape
        "QueueOwner",  # the process itself
        "Record",  # a shape
        "ReporterChannel",
        "Resolver",  # names of hosts
        "Sender",
    }
)


def test_every_port_to_a_store_has_a_suite() -> None:
    suites = [path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*_contract.py")]
    named = {name for suite in suites for name in names_in(suite)}
    ports = {
        port
        for folder in ("services", "shared")
        for path in ROOT.glob(f"{folder}/**/*.py")
        for port in protocols(path.read_text(encoding="utf-8"))
    }

    assert len(ports) > 20  # it looked
    assert sorted(OTHERS - ports) == []
    assert sorted(ports - OTHERS - named) == []


def test_every_suite_runs_over_the_fake_and_over_the_adapter() -> None:
    paths = ROOT.glob("tests/**/*_contract.py")
    suites = {str(path): path.read_text(encoding="utf-8") for path in paths}

    assert [name for name, text in suites.items() if "backing" not in names_in(text)] == []


def protocols(text: str) -> Iterator[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).partition("[")[0] for base in node.bases}
            if "Protocol" in bases:
                yield node.name


def names_in(text: str) -> set[str]:
    """Return the names that a module uses; what it only imports is not among them."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}

"""One secured broker for all tests of access, with every institution of the directory on it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.parts import running
from deploy.dev.local.secured_kafka import SecuredKafka
from deploy.dev.local.stack import kafka_env
from deploy.operate.provisioning.password_files import PasswordFolder
from shared.settings import KafkaSettings


@dataclass
class Secured:
    """A broker that asks who comes, and the passwords of those it knows."""

    broker: SecuredKafka
    passwords: PasswordFolder
    first: Result  # of the one `apply --all` that all tests build on

    def user(self, name: str) -> KafkaSettings:
        password = self.passwords.read(name)
        assert password is not None, name
        return self.broker.settings(name, password)

    def apply(self, *words: str, kafka: KafkaSettings | None = None) -> Result:
        return apply(kafka or self.broker.kafka, self.passwords.path, *words)


def apply(kafka: KafkaSettings, secrets: Path, *words: str) -> Result:
    """Run `salur agencies apply` in this process."""
    arguments = ["agencies", "apply", "--secrets-out", str(secrets), *words]
    return CliRunner().invoke(app, arguments, env=kafka_env(kafka))


def outcome(result: Result) -> tuple[list[str], dict[str, Any]]:
    """Return the lines about changes, and the JSON object after them."""
    assert result.exit_code == 0, result.output
    *lines, last = result.stdout.splitlines()
    return lines, json.loads(last)


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    broker, secrets = SecuredKafka(folder), folder / "secrets"
    with running(broker):
        first = apply(broker.kafka, secrets, "--all")
        yield Secured(broker, PasswordFolder(secrets), first)

"""An institution comes and goes on a broker that asks who comes: user and topics first, last."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.stack import kafka_env
from deploy.operate.agencies.directory_file import DirectoryFile
from deploy.operate.agencies.regional_directory import PATH
from deploy.operate.agencies.succession import closed
from deploy.operate.provisioning.password_files import PasswordFolder
from tests.access.asking import log_in, visible
from tests.access.conftest import Secured, outcome

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]
CODE = "kem-901"
USER = TOPIC = f"agency-{CODE}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DirectoryFile:
    path = tmp_path / "institutions.csv"
    path.write_bytes(PATH.read_bytes())
    monkeypatch.setenv("ROUTER_DIRECTORY", str(path))
    return DirectoryFile(path)


def added(secured: Secured, *words: str) -> Result:
    named = ("--type", "kementerian", "--name", "Kementerian Sungai")
    env = kafka_env(secured.broker.kafka)
    return CliRunner().invoke(app, ["agencies", "add", CODE, *named, *words], env=env)


def test_a_newcomer_has_user_and_topic_before_its_line_and_leaves_without_a_trace(
    secured: Secured, file: DirectoryFile, tmp_path: Path
) -> None:
    before, secrets = file.text(), tmp_path / "secrets"

    refused = added(secured)
    assert (refused.exit_code, file.text()) == (2, before)
    assert "--secrets-out" in refused.output

    done = added(secured, "--secrets-out", str(secrets))
    assert done.exit_code == 0, done.output
    assert file.text().startswith(before)
    password = PasswordFolder(secrets).read(USER)
    assert password is not None
    theirs = secured.broker.settings(USER, password)
    assert set(asyncio.run(visible(theirs))) == {TOPIC, f"{TOPIC}-action"}
    assert outcome(secured.apply("--all"))[0] == []

    file.change(lambda text: closed(text, CODE, "kem-041", on=date(2026, 11, 22)))
    assert outcome(secured.apply("--all"))[0] == []  # its topics are kept
    asyncio.run(log_in(theirs))
    lines, said = outcome(secured.apply("--all", "--delete", CODE))
    assert all(line.startswith("- ") and CODE in line for line in lines)
    assert {f"- topic {TOPIC}", f"- topic {TOPIC}-action", f"- user {USER}"} < set(lines)
    assert said["kept"] == 0
    assert outcome(secured.apply("--all"))[0] == []  # and it does not come again

"""The command line: one clear line and the right exit code for every error that is expected."""

import json
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.cli.dev.up import alone, as_called, write_private
from deploy.cli.outcome import expected_errors
from deploy.processes import PartFailed, free_port
from shared.errors import BrokerAway, DatabaseAway, Misconfigured, SalurError

COMMANDS = (
    "run",
    "up",
    "resume",
    "restore",
    "replay",
    "feed",
    "tail",
    "generate",
    "demo",
    "keys",
    "audit",
    "topics",
    "agencies",
    "dead-letters",
    "endpoint",
    "train",
    "evaluate",
    "export-decisions",
)


def salur(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, arguments, env=env)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = salur(command, "--help")

    assert result.exit_code == 0
    assert command in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("run", "nothing"),
        ("resume", "nothing"),
        ("dead-letters", "list", "nothing"),
        ("dead-letters", "list", "router", "--limit", "0"),
        ("dead-letters", "replay", "nothing"),
        ("keys", "create", "--role", "gateway"),
        ("keys", "create", "--role", "king", "--name", "somebody"),
        ("keys", "create", "--role", "agency", "--name", "somebody"),
        ("keys", "create", "--role", "officer", "--name", "somebody", "--scope", "trusted"),
        ("keys", "create", "--role", "gateway", "--name", "somebody", "--scope", "all"),
        ("keys", "create", "--role", "gateway", "--name", "somebody", "--expires", "soon"),
        ("keys", "rotate", "0123456789ab", "--grace", "0d"),
        ("audit", "--agency", "dinas"),
        ("audit", "--limit", "0"),
        ("topics", "create", "--agencies", "kab3603"),
        ("tail", "kab-36-03"),
        ("tail", "kab-3603", "--count", "0"),
        ("endpoint", "set", "kab-3603,kab-3604", "http://localhost"),
        ("endpoint", "set", "kab-3603", "http://localhost", "--event", "thrown"),
        ("endpoint", "set", "kab-3603", "http://localhost", "--template", "no-such-file.json"),
        ("endpoint", "test", "kab3603"),
        ("feed", "no-such-file.csv"),
        ("demo", "--complaints", "0"),
        ("demo", "--broker", "rabbit"),
        ("demo", "--input", "no-such-file.csv"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_no_traceback(arguments: tuple[str, ...]) -> None:
    result = salur(*arguments)

    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stderr.strip()
    assert result.stdout == ""


def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("text\nLampu,mati\n")

    result = salur("feed", str(file))

    assert result.exit_code == 2
    assert f"{file}: line 2, column 2:" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("topics", "create"),
        ("tail", "kab-3603"),
        ("dead-letters", "list", "router"),
        ("restore",),
        ("restore", "--dry-run"),
    ],
    ids=" ".join,
)
def test_a_broker_that_is_away_ends_with_3(arguments: tuple[str, ...]) -> None:
    nowhere = f"127.0.0.1:{free_port()}"

    result = salur(*arguments, SALUR_KAFKA__BOOTSTRAP_SERVERS=nowhere)

    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) >= 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("resume", "router"),
        ("keys", "create", "--role", "operator", "--name", "me"),
        ("keys", "list"),
        ("audit",),
    ],
    ids=" ".join,
)
def test_a_database_that_is_away_ends_with_3(arguments: tuple[str, ...]) -> None:
    nowhere = f"mongodb://127.0.0.1:{free_port()}/?directConnection=true"

    result = salur(*arguments, SALUR_MONGO__URL=nowhere, SALUR_MONGO__TIMEOUT_MS="200")

    assert result.exit_code == 3
    assert "MongoDB did not answer" in result.stderr


def test_an_intake_that_is_away_leaves_rows_unanswered_and_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("text,level\nLampu mati,pusat\n")
    nowhere = f"http://127.0.0.1:{free_port()}"

    result = salur("feed", str(file), "--url", nowhere, "--patience", "0")

    assert result.exit_code == 1
    assert "ignored columns: level" in result.stderr
    assert "known columns: type, title, text" in result.stderr
    assert "line 2: unanswered" in result.stderr
    last = json.loads(result.stdout.splitlines()[-1])
    assert (last["rows"], last["accepted"], last["unanswered"]) == (1, 0, 1)


def test_a_url_that_is_none_ends_with_2(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("text\nLampu mati\n")

    result = salur("feed", str(file), "--url", "localhost:8080", "--patience", "0")

    assert result.exit_code == 2
    assert "localhost:8080" in result.stderr


def test_a_wrong_setting_is_named_without_its_value() -> None:
    result = salur("run", "intake", INTAKE_SECRET="too short and secret")

    assert result.exit_code == 2
    assert "INTAKE_SECRET" in result.stderr
    assert "too short and secret" not in result.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PartFailed("tansu", "ended with code 1", "the log's tail"), 3),
        (BrokerAway("no broker"), 3),
        (DatabaseAway("no database"), 3),
        (Misconfigured("a wrong line"), 2),
    ],
)
def test_each_expected_error_has_its_exit_code(
    error: SalurError | PartFailed, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception) as caught, expected_errors():  # noqa: PT011 - typer's own Exit
        raise error

    assert getattr(caught.value, "exit_code", None) == code
    assert str(error) in capsys.readouterr().err


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError), expected_errors():
        raise ZeroDivisionError


def test_the_environment_file_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "env"
    path.parent.mkdir()
    path.write_text("old")
    path.chmod(0o644)

    write_private(path, {"SALUR_MONGO__URL": "mongodb://x/?a=b&c=d", "PLAIN": "yes"})

    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert path.read_text() == "SALUR_MONGO__URL='mongodb://x/?a=b&c=d'\nPLAIN=yes\n"


def test_a_second_system_in_a_folder_is_refused_and_the_first_one_s_files_stay(
    tmp_path: Path,
) -> None:
    with alone(tmp_path):
        with pytest.raises(Misconfigured, match="--folder"), alone(tmp_path):
            pytest.fail("two at a time")
        with alone(tmp_path / "another"):
            pass
    with alone(tmp_path):
        pass


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("tree/.venv/bin/salur", ".venv/bin/salur"),
        ("bin/salur", "bin/salur"),
        ("x/__main__.py", ""),
    ],
    ids=["in the tree", "elsewhere", "as a module"],
)
def test_what_to_call_next_is_written_as_a_shell_here_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str, said: str
) -> None:
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")

    found = as_called(tmp_path / called)

    wanted = {"": "salur", "bin/salur": str(tmp_path / "bin" / "salur")}.get(said, said)
    assert found == wanted


def test_tail_says_what_it_follows_and_from_where(monkeypatch: pytest.MonkeyPatch) -> None:
    async def follow(*_: object, **__: object) -> AsyncGenerator[str, None]:
        yield "one line"

    monkeypatch.setattr("deploy.cli.system.tail.follow", follow)

    result = salur("tail", "kab-3603", "--count", "1")

    assert result.stdout == "one line\n"
    assert "following agency-kab-3603" in result.stderr
    assert "--from-beginning" in result.stderr

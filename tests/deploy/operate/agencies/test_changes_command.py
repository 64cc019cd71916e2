"""`salur agencies add | rename | close | merge`: what they check before anything is changed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.operate.agencies.institutions import all_codes
from deploy.operate.agencies.regional_directory import PATH
from deploy.processes import free_port
from tests.deploy.operate.agencies.test_succession import TEXT

NOWHERE = f"127.0.0.1:{free_port()}"
NEW = ("add", "kem-099", "--type", "kementerian", "--name", "Kementerian Laut")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "institutions.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def salur(*words: str, directory: Path | None = None) -> Result:
    env = {"SALUR_KAFKA__BOOTSTRAP_SERVERS": NOWHERE, "SALUR_API_KEY": "salur_x"}
    if directory is not None:
        env["ROUTER_DIRECTORY"] = str(directory)
    return CliRunner().invoke(app, ["agencies", *words], env=env)


@pytest.mark.parametrize(
    "words", [NEW, ("rename", "kem-041", "--name", "X"), ("close", "kem-041")], ids=lambda w: w[0]
)
def test_the_shipped_directory_is_changed_only_when_it_is_named(words: tuple[str, ...]) -> None:
    before = PATH.read_bytes()

    result = salur(*words)

    assert result.exit_code == 2
    assert "set ROUTER_DIRECTORY to your own copy, or give --directory FILE" in result.output
    assert PATH.read_bytes() == before


def test_a_rename_changes_the_file_that_routers_read(directory: Path) -> None:
    words = ("rename", "kem-041", "--name", "Kementerian Rimba", "--on", "2026-02-01")

    result = salur(*words, directory=directory)

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["renamed"] == "kem-041"
    assert "Kementerian Rimba" in directory.read_text(encoding="utf-8")
    assert "2026-02-01" in directory.with_name("names.csv").read_text(encoding="utf-8")


def test_a_named_file_wins_over_the_setting(directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(TEXT, encoding="utf-8")

    salur("rename", "kem-041", "--name", "X", "--directory", str(other), directory=directory)

    assert directory.read_text(encoding="utf-8") == TEXT
    assert other.read_text(encoding="utf-8") != TEXT


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("rename", "kem-041", "--name", "X", "--on", "2999-01-01"), 2, "has not come yet"),
        (("merge", "kem-041", "--into", "kem-041"), 2, "cannot take over from itself"),
        (("merge", "kem-042", "--into", "kem-041"), 3, "did not list its topics"),
        (("add", "kem-041", *NEW[2:]), 2, "codes are never used again"),
        (NEW, 3, "topics not created"),
        (("add", "kem-98x", *NEW[2:]), 2, "is no code"),
        (("close", "kem-041", "--url", f"http://{NOWHERE}", "--on", "nie"), 2, "nie"),
    ],
)
def test_what_is_wrong_or_away_shows_before_the_file_is_changed(
    directory: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    result = salur(*words, directory=directory)

    assert result.exit_code == code, result.output
    assert said in result.output
    assert directory.read_text(encoding="utf-8") == TEXT
    assert not directory.with_name("names.csv").exists()


def test_a_code_of_which_only_the_name_is_left_is_not_given_again(directory: Path) -> None:
    names = "code,name,short,until\nkem-099,Kementerian Lama,KL,2020-01-01\n"
    directory.with_name("names.csv").write_text(names, encoding="utf-8")

    result = salur(*NEW, directory=directory)

    assert result.exit_code == 2
    assert "names.csv; codes are never used again" in result.output


def test_other_commands_know_the_institutions_of_the_same_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALUR_DIRECTORY", str(directory))

    assert all_codes() == ("kem-041", "kem-042", "prov-36", "kab-3603")

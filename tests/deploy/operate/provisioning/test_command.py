"""`salur agencies`: what it is told, and what it says when that is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.processes import free_port

WITHOUT = """
import sys
sys.modules["kafka"] = sys.modules["yaml"] = None
from deploy.cli import main
sys.argv = ["salur", "agencies", *sys.argv[1:]]
main()
"""


def salur(*words: str, **env: str) -> Result:
    return CliRunner().invoke(app, ["agencies", *words], env=env)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--agency CODE, or all of them with --all"),
        (("--all", "--agency", "kab-3603"), "--agency CODE, or all of them with --all"),
        (("--agency", "tangerang"), "'tangerang' is no institution's code"),
        (("--agency", "kab-9999"), "the directory has no institution kab-9999"),
        (("--all", "--delete", "topic"), "--delete topic: write topics, users, acls, or the code"),
        (("--all", "--delete", "kab-3603"), "or the code of a closed institution"),
        (("--agency", "kab-3603", "--delete", "kab-3603"), "is deleted with --all alone"),
        (("--all", "--limit", "bytes=5"), "no limit 'bytes'; there are producer_bytes"),
        (("--all", "--limit", "producer_bytes=1"), "producer_bytes"),
        (("--all", "--limit", "producer_bytes"), "producer_bytes"),
    ],
)
def test_a_wrong_word_is_named_before_kafka_is_asked(words: tuple[str, ...], said: str) -> None:
    result = salur("apply", *words)

    assert result.exit_code == 2
    assert said in result.output


def test_a_broker_that_does_not_answer_ends_with_code_3() -> None:
    nowhere = f"127.0.0.1:{free_port()}"

    result = salur("apply", "--all", SALUR_KAFKA__BOOTSTRAP_SERVERS=nowhere)

    assert result.exit_code == 3
    assert f"{nowhere} does not answer" in result.output


def test_rendering_writes_a_file_for_each_named_institution(tmp_path: Path) -> None:
    result = salur("render", "--out", str(tmp_path / "out"), "--agency", "kab-3603")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["files"] == 2
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"agency-kab-3603.yaml", "services.yaml"}


@pytest.mark.parametrize(
    "words", [("apply", "--all"), ("render", "--all", "--out", "nowhere")], ids=["apply", "render"]
)
def test_a_missing_library_is_named_with_its_extra(words: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )

    assert done.returncode == 3
    assert "pip install 'salur[admin]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []

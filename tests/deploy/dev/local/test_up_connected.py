"""`salur up` and the commands against it: real processes, as a person starts them."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.processes import Child, wait_until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SOME = "kab-3603,kota-3671,kem-014"


@contextmanager
def running(folder: Path, broker_kind: str) -> Iterator[tuple[Child, Path]]:
    """Keep `salur up` running for a few institutions; also gives its environment's file."""
    words = [sys.executable, "-m", "deploy.cli", "up", "--folder", str(folder)]
    words += ["--agencies", SOME, "--broker", broker_kind]
    child = Child("salur up", words, log_path=folder / "up.log")
    child.start()
    try:
        wait_until((folder / "env").exists, "the environment", timeout=120, child=child)
        yield child, folder / "env"
    finally:
        child.stop(timeout=30)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, broker_kind: str) -> Iterator[tuple[Child, Path]]:
    with running(tmp_path_factory.mktemp("up"), broker_kind) as stack:
        yield stack


def environment(path: Path) -> dict[str, str]:
    said = subprocess.run(
        ["sh", "-c", 'set -a; . "$1"; env', "sh", path], capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in said.stdout.splitlines() if "=" in line)


def salur(env: Mapping[str, str], *words: str | Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *words],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines()


def test_a_file_fed_twice_reaches_its_institution_once(
    up: tuple[Child, Path], tmp_path: Path
) -> None:
    env = environment(up[1])
    file = tmp_path / "feed.csv"
    file.write_text("text,institution\nLampu jalan mati,kab-3603\nJalan berlubang,kab-3603\n")

    first, second = salur(env, "feed", file), salur(env, "feed", file)
    told = salur(env, "tail", "kab-3603", "--from-beginning", "--count", "2")

    assert [code for code, _ in (first, second, told)] == [0, 0, 0]
    for _, lines in (first, second):
        assert json.loads(lines[-1])["accepted"] == 2
    texts = sorted(line.rpartition("— ")[2] for line in told[1])
    assert texts == ["Jalan berlubang", "Lampu jalan mati"]


def test_commands_work_against_the_running_stack(up: tuple[Child, Path]) -> None:
    env = environment(up[1])

    key = salur(env, "keys", "create", "--role", "agency", "--name", "a", "--agency", "kab-3603")
    endpoint = salur(env, "endpoint", "set", "kab-3603", "http://127.0.0.1:1/hook")
    mail = salur(env, "endpoint", "set", "kab-3603", "lapor@kab.go.id", "--name", "surat")
    rotated = salur(env, "endpoint", "rotate", "kab-3603")
    tested = salur(env, "endpoint", "test", "kab-3603")
    removed = salur(env, "endpoint", "remove", "kab-3603", "--name", "surat")
    endpoints = salur(env, "endpoint", "list", "kab-3603")
    letters = salur(env, "dead-letters", "list", "router")
    resumed = salur(env, "resume", "router")
    topics = salur(env, "topics", "create", "--agencies", "kab-3603")
    unknown = salur(env, "tail", "kab-9999")

    assert json.loads(key[1][-1])["key"].startswith("salur_")
    assert json.loads(endpoint[1][-1])["secret"].startswith("whsec_")
    assert json.loads(mail[1][-1])["kind"] == "email"
    assert json.loads(rotated[1][-1])["secrets"] == 2
    assert json.loads(tested[1][-1])["test_id"]
    assert json.loads(removed[1][-1])["left"] == 1
    (left,) = json.loads(endpoints[1][-1])["endpoints"]
    assert (left["name"], left["secrets"], "secret" in left) == ("main", 2, False)
    assert json.loads(letters[1][-1])["total"] == 0
    assert json.loads(resumed[1][-1])["resumed"] == 0
    assert json.loads(topics[1][-1])["created"] == 0
    assert unknown[0] == 2


def test_the_environment_of_a_running_stack_is_private(up: tuple[Child, Path]) -> None:
    assert stat.S_IMODE(up[1].stat().st_mode) == 0o600


def child_of(parent: int | None, words: str) -> int:
    """Return the child process with these words in its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ppid = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if ppid == parent and words in command:
            return int(folder.name)
    raise AssertionError(f"process {parent} has no child {words}")


@on_linux
def test_a_part_that_dies_ends_the_stack_and_is_named(up: tuple[Child, Path]) -> None:
    child, env = up
    os.kill(child_of(child.pid, "services.router"), signal.SIGKILL)

    wait_until(lambda: not child.alive, "the end of the stack", timeout=40)

    assert child.returncode == 3
    assert "router-1: ended with code -9" in child.log_path.read_text()
    assert not env.exists()


@on_linux
def test_sigterm_stops_everything_in_order(tmp_path: Path, broker_kind: str) -> None:
    with running(tmp_path, broker_kind) as (child, env):
        intake = child_of(child.pid, "services.intake")

        child.stop(timeout=30)

        assert child.returncode == 0
        assert not env.exists()
        assert not Path(f"/proc/{intake}").exists()
        logs = {path.name for path in tmp_path.glob("*/*.log")}
        assert {"intake-1.log", "router-1.log", "notifier-1.log", "metrics-1.log"} <= logs

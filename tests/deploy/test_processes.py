"""Child processes: started, paused and stopped, none left over, and their ports their own."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev.local.parts import Part, running
from deploy.processes import Child, PartFailed, free_port, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = """
import sys, time
from pathlib import Path
from deploy.processes import Child
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
child = Child("orphan", sleep, log_path=Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""
ASKS_FOR = """
import random, sys
from deploy.processes import free_port
def draw(*_, left=[int(sys.argv[1]), *range(20_000, 32_000)]):
    print("asked")
    return left.pop(0)
random.randrange = draw
free_port()
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; Linux ties children")


def python(code: str, log_path: Path) -> Child:
    return Child("program", [sys.executable, "-c", code], log_path=log_path)


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "program.log"


@pytest.fixture
def sleeper(log_path: Path) -> Iterator[Child]:
    child = python(SLEEPER, log_path)
    child.start()
    yield child
    child.kill()


def process_state(pid: int | None) -> str:
    """Letter of the state in /proc (T is stopped), or nothing when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_output_of_every_run_is_appended_to_the_log(log_path: Path) -> None:
    child = python("print('hello')", log_path)

    for _ in range(2):
        child.start()
        wait_until(lambda: not child.alive, "the end of the program", timeout=10)

    assert child.log_tail() == "hello\nhello"
    assert child.returncode == 0


def test_stop_lets_the_program_end_by_itself(sleeper: Child) -> None:
    sleeper.stop()

    assert not sleeper.alive
    assert sleeper.returncode == -signal.SIGTERM


def test_a_program_that_ignores_sigterm_is_killed(log_path: Path) -> None:
    child = python(STUBBORN, log_path)
    child.start()
    wait_until(lambda: "up" in child.log_tail(), "its first line", timeout=10, child=child)

    child.stop(timeout=0.1)

    assert child.returncode == -signal.SIGKILL


@on_linux
def test_a_paused_program_is_frozen_until_resumed(sleeper: Child) -> None:
    sleeper.pause()
    wait_until(lambda: process_state(sleeper.pid) == "T", "its pause", timeout=10)
    assert sleeper.alive

    sleeper.resume()
    wait_until(lambda: process_state(sleeper.pid) == "S", "its resumption", timeout=10)


def test_a_paused_program_can_be_stopped(sleeper: Child) -> None:
    sleeper.pause()

    sleeper.stop()

    assert sleeper.returncode == -signal.SIGTERM


def test_a_running_child_is_not_started_twice(sleeper: Child) -> None:
    with pytest.raises(RuntimeError, match="already running"):
        sleeper.start()


def test_stopping_what_never_ran_does_nothing(log_path: Path) -> None:
    child = python(SLEEPER, log_path)

    child.stop()
    child.kill()

    assert child.pid is None


def test_a_program_that_is_not_installed_is_named(log_path: Path) -> None:
    with pytest.raises(PartFailed, match="/nowhere/program"):
        Child("ghost", ["/nowhere/program"], log_path=log_path).start()


def test_a_part_that_dies_at_start_says_where_its_log_is(log_path: Path) -> None:
    child = python("import sys; print('the disk is full'); sys.exit(7)", log_path)
    child.start()

    with pytest.raises(PartFailed) as caught:
        wait_until(lambda: False, "an answer", timeout=10, child=child)

    assert "ended with code 7" in caught.value.reason
    assert "an answer" in caught.value.reason
    assert str(log_path) in caught.value.reason
    assert caught.value.tail == "the disk is full"
    assert "the disk is full" in str(caught.value)


class Silent(Part):
    start_seconds = 0.2

    def __init__(self, child: Child) -> None:
        self.name, self.url, self.child = "silent", "nowhere", child

    def answers(self) -> bool:
        return False


def test_a_part_that_does_not_answer_in_time_leaves_no_process(log_path: Path) -> None:
    part = Silent(python(SLEEPER, log_path))

    with pytest.raises(PartFailed, match=r"nothing, 0\.\d s"):
        part.start()

    assert not part.child.alive


def test_parts_are_stopped_when_a_later_one_cannot_start(tmp_path: Path) -> None:
    first = Silent(python(SLEEPER, tmp_path / "first.log"))
    first.answers = lambda: True  # type: ignore[method-assign]
    second = Silent(python(SLEEPER, tmp_path / "second.log"))

    with pytest.raises(PartFailed), running(first, second):
        pytest.fail("the second part never answered")

    assert first.child.returncode == -signal.SIGTERM


def test_no_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(200)]

    assert len(set(ports)) == len(ports)


@on_linux
def test_a_port_that_was_given_here_is_given_to_no_other_process() -> None:
    mine = free_port()

    done = subprocess.run(
        [sys.executable, "-c", ASKS_FOR, str(mine)], capture_output=True, text=True, check=True
    )

    assert len(done.stdout.split()) > 1  # the first answer was refused


@on_linux
def test_children_die_with_their_parent(log_path: Path) -> None:
    log_path.parent.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log_path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        assert process_state(orphan)
        parent.kill()

    wait_until(lambda: process_state(orphan) in ("", "Z"), "the end of the orphan", timeout=10)


def test_a_child_outlives_the_thread_that_started_it(log_path: Path) -> None:
    child = python(SLEEPER, log_path)
    starter = threading.Thread(target=child.start)
    starter.start()
    starter.join()

    wait_until(lambda: "up" in child.log_tail(), "its first line", timeout=10, child=child)
    assert child.alive

    child.kill()

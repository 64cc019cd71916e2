"""Runs one program as a child process, and waits for it.

A child never outlives the process that started it, so a killed test run leaves nothing behind.
"""

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

POLL_SECONDS = 0.05
TAIL_BYTES = 4096
PR_SET_PDEATHSIG = 1

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
# Linux ties a child to the *thread* that forked it. This one lives as long as the process, so a
# part may be started from a worker thread (`asyncio.to_thread`) that ends before the part does.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
_PORTS_GIVEN: set[int] = set()


class PartFailed(Exception):
    """A part could not start or did not answer: its name, the reason, and the tail of its log."""

    def __init__(self, name: str, reason: str, tail: str = "") -> None:
        super().__init__(f"{name}: {reason}" + (f"\n{tail}" if tail else ""))
        self.name = name
        self.reason = reason
        self.tail = tail


class Child:
    """One program, started as often as needed; its output is appended to `log_path`.

    `env` is added to this process's environment. The program gets a session of its own, so Ctrl-C
    in a terminal reaches the parent alone, which then stops its children in order.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.argv = [str(word) for word in argv]
        self.log_path = log_path
        self.env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program and return at once; PartFailed if it cannot be run."""
        if self.alive:
            raise RuntimeError(f"{self.name} is already running as process {self.pid}")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._process = _SPAWNER.submit(self._spawn).result()
        except OSError as error:
            raise PartFailed(self.name, f"cannot run {self.argv[0]}: {error}") from error

    def stop(self, timeout: float = 10.0) -> None:
        """Send SIGTERM and wait `timeout` seconds, then SIGKILL; nothing if it is not running."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        self.resume()  # a paused program would never see the request
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL and wait until the program is gone; nothing if it is not running."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def wait(self) -> None:
        """Wait until the program has ended by itself."""
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        """Freeze the program (SIGSTOP): its connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused program go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    @property
    def alive(self) -> bool:
        """Whether the program runs (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id of the present or last run; None before the first."""
        return self._process.pid if self._process else None

    @property
    def returncode(self) -> int | None:
        """Exit code of the last run, negative for a signal; None while it runs."""
        return self._process.poll() if self._process else None

    def log_tail(self) -> str:
        """Last lines of the log, at most 4 kB."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            return log.read().decode(errors="replace").strip()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                self.argv,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - one C call, loaded beforehand
            )

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


def _die_with(parent: int) -> Callable[[], None] | None:
    """Make what the child runs before its program: ask the kernel for SIGKILL when we end."""
    libc = _LIBC
    if libc is None:
        return None

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the kernel was asked
            os._exit(1)

    return tie


def free_port() -> int:
    """Return a port free on 127.0.0.1, never the same one twice in this process.

    On Linux nor one that another process was given here and still lives: a port is free until its
    part has started, and test runs stand side by side.

    Below the range of outgoing connections: a client that keeps calling a stopped part can
    otherwise be given the part's own port, connect to itself, and keep the part from restarting.
    """
    while True:
        port = random.randrange(15_000, 32_000)
        if port not in _PORTS_GIVEN and _can_bind(port) and _reserve(port):
            _PORTS_GIVEN.add(port)
            return port


def _can_bind(port: int) -> bool:
    with socket.socket() as candidate:
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Take a name that the kernel gives to one process only, and takes back when it ends."""
    if sys.platform != "linux":
        return True
    reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        reservation.bind(f"\0salur-port-{port}")
    except OSError:
        reservation.close()
        return False
    reservation.detach()  # open until this process ends
    return True


def wait_until(
    probe: Callable[[], bool], what: str, *, timeout: float, child: Child | None = None
) -> None:
    """Poll `probe` every 50 ms until it is true.

    Raises PartFailed when `timeout` seconds have passed or `child` has ended, saying what was
    waited for, how long, and where the child's log is.
    """
    began = time.monotonic()
    while not probe():
        waited = time.monotonic() - began
        if child is not None and not child.alive:
            raise _failure(f"ended with code {child.returncode}, {waited:.1f} s", what, child)
        if waited > timeout:
            raise _failure(f"nothing, {waited:.1f} s", what, child)
        time.sleep(POLL_SECONDS)


def _failure(outcome: str, what: str, child: Child | None) -> PartFailed:
    reason = f"{outcome} after starting to wait for {what}"
    if child is None:
        return PartFailed(what, reason)
    return PartFailed(child.name, f"{reason}; log: {child.log_path}", child.log_tail())

"""What every part has in common: it is started, asked whether it answers, and stopped."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from deploy.processes import Child, PartFailed, wait_until


class Part(Protocol):
    """A broker or database in one child process; port and data stay the same over restarts."""

    name: str
    url: str
    child: Child
    start_seconds: float = 120.0

    def answers(self) -> bool:
        """Whether the part answers a real request of its protocol now."""
        ...

    def start(self) -> None:
        """Start the program and return when it answers; PartFailed, and no process left, if not."""
        self.child.start()
        try:
            wait_until(
                self.answers,
                f"an answer from {self.url}",
                timeout=self.start_seconds,
                child=self.child,
            )
        except PartFailed:
            self.child.kill()
            raise

    def stop(self) -> None:
        """Ask the program to end and wait until it has."""
        self.child.stop()

    def kill(self) -> None:
        """End the program as a crash would, with SIGKILL."""
        self.child.kill()

    def restart(self) -> None:
        """Start again on the same port and data, stopping first if it runs."""
        self.stop()
        self.start()


def http_answers(url: str) -> bool:
    """Whether a GET is answered with 200 within 2 s: how a part that speaks HTTP is asked."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def running(*parts: Part) -> Iterator[None]:
    """Start the parts in order; stop them in reverse order, also when one could not start."""
    try:
        for part in parts:
            part.start()
        yield
    finally:
        for part in reversed(parts):
            part.stop()

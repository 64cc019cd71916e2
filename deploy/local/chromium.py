"""Chromium without a window, for the tests of the pages that people read.

Debian's package `chromium` brings it. `python -m deploy.local.chromium --require` tells whether it
can be run here: exit code 0, or 3 when it is missing.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from deploy.local.parts import Part
from deploy.local.process import Child, PartFailed, free_port

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
VERSION_SECONDS = 30.0
MISSING = f"none of {', '.join(PROGRAMS)} runs here; install Debian's package `chromium`"
FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--disable-gpu",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",  # 64 MB in a container, and a page that needs more dies
    "--password-store=basic",
    # It reaches this machine alone, whatever a page or the browser itself asks for.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Chromium(Part):
    """Chromium with DevTools on a free port of 127.0.0.1; profile and log are in `folder`.

    No process of it is left once it was stopped or killed.
    """

    start_seconds = 60.0

    def __init__(self, folder: Path) -> None:
        self.name = "chromium"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = (f"--remote-debugging-port={self.port}", f"--user-data-dir={folder / 'profile'}")
        # Its sandbox refuses to work for root, who runs the tests in a container.
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        argv = (require_chromium(), *FLAGS, *sandbox, *own, "about:blank")
        self.child = Child(self.name, argv, log_path=folder / "chromium.log")

    def answers(self) -> bool:
        """Whether DevTools tells its version."""
        try:
            with urllib.request.urlopen(f"{self.url}/json/version", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """Ask the program to end, wait until it has, and end what it left."""
        super().stop()
        self._sweep()

    def kill(self) -> None:
        """End the program and all its processes with SIGKILL."""
        super().kill()
        self._sweep()

    def _sweep(self) -> None:
        # The program leads a group of its own, in which its renderers and helpers are.
        if (pid := self.child.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def require_chromium() -> Path:
    """Return the first program that is Chromium, by what it says of itself.

    Raises PartFailed where there is none: a name on PATH may be the shim of another packager.
    """
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None and _says_chromium(found):
            return Path(found)
    raise PartFailed("chromium", MISSING)


def _says_chromium(program: str) -> bool:
    try:
        said = subprocess.run(
            [program, "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=VERSION_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and "Chrom" in said.stdout


def main(argv: Sequence[str] | None = None) -> int:
    """Check that Chromium can be run here; the exit code is 0 or 3."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.chromium")
    parser.add_argument("--require", action="store_true", required=True, help="look for it")
    parser.parse_args(argv)
    try:
        program = require_chromium()
    except PartFailed as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stderr.write(f"Chromium is {program}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

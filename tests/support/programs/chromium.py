"""Chromium without a window, for the tests of the pages that people read.

Debian's package `chromium` brings it. `python -m tests.support.programs.chromium --require` tells
whether it can be run here: exit code 0, or 3 when it is missing.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from deploy.dev.local.parts import Part, http_answers
from deploy.dev.local.prerequisites import require_main
from deploy.processes import Child, PartFailed, free_port

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
        return http_answers(f"{self.url}/json/version")

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


main = partial(require_main, "tests.support.programs.chromium", require_chromium)


if __name__ == "__main__":
    sys.exit(main())

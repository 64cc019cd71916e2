"""HAProxy with the configuration of `deploy/cluster/proxy`, as a process of its own.

Debian's package `haproxy` brings it. `python -m tests.support.programs.haproxy --require` tells
whether it can be run here: exit code 0, or 3 when it is missing.
"""

import csv
import os
import shutil
import sys
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from deploy.dev.local.parts import Part
from deploy.dev.local.prerequisites import require_main
from deploy.processes import Child, PartFailed, free_port

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "cluster" / "proxy" / "haproxy.cfg"
MISSING = "haproxy does not run here; install Debian's package `haproxy`"
BACKENDS = ("intake", "metrics")  # who answers behind it
UP = "UP"
ROOTS_PROGRAMS = "/usr/sbin"


class Haproxy(Part):
    """HAProxy on a free port of 127.0.0.1; `servers` maps `intake-1` and the like to host:port."""

    def __init__(
        self, folder: Path, servers: Mapping[str, str], *, configuration: Path = CONFIGURATION
    ) -> None:
        self.name = "haproxy"
        ports = free_port(), free_port()
        self.url, self.status_url = (f"http://127.0.0.1:{port}" for port in ports)
        env = {f"SALUR_{name.replace('-', '_').upper()}": at for name, at in servers.items()}
        env |= {"SALUR_PROXY": f"127.0.0.1:{ports[0]}"}
        env |= {"SALUR_PROXY_STATUS": f"127.0.0.1:{ports[1]}"}
        argv = (require_haproxy(), "-db", "-f", configuration)
        self.child = Child(self.name, argv, log_path=folder / "haproxy.log", env=env)

    def answers(self) -> bool:
        """Whether the proxy serves its status page."""
        return bool(self.states())

    def states(self) -> dict[str, str]:
        """Return how each server is doing (`UP`, `DOWN`, …), by name; empty without an answer."""
        try:
            with urllib.request.urlopen(f"{self.status_url}/status;csv", timeout=2) as answer:
                lines = answer.read().decode().removeprefix("# ").splitlines()
        except OSError:
            return {}
        rows = csv.DictReader(lines)
        return {row["svname"]: row["status"] for row in rows if row["svname"].startswith(BACKENDS)}


def require_haproxy() -> Path:
    """Return the program; PartFailed where it is missing. Debian's lies beside root's programs."""
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:{ROOTS_PROGRAMS}")
    if found is None:
        raise PartFailed("haproxy", MISSING)
    return Path(found)


main = partial(require_main, "tests.support.programs.haproxy", require_haproxy)


if __name__ == "__main__":
    sys.exit(main())

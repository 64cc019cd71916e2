"""Prometheus as a part: Debian's program, with the shipped configuration pointed at a stack.

`python -m tests.support.programs.prometheus --require` tells whether it can be run here: exit code
0, or 3 when it is missing.
"""

import json
import shutil
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from deploy.dev.generators.tree import RULES
from deploy.dev.local.parts import Part, http_answers
from deploy.dev.local.prerequisites import require_main
from deploy.processes import Child, PartFailed, free_port

PROGRAM = "prometheus"
MISSING = f"{PROGRAM} is missing; install Debian's package `{PROGRAM}`"
Jobs = Mapping[str, Sequence[str]]  # by job the addresses, `host:port`, of its instances


class Prometheus(Part):
    """Prometheus on a free port of 127.0.0.1, with the shipped rules; all it keeps is in `folder`.

    It scrapes and judges every `seconds`. `change` may change the text of the rules, such as to
    shorten their windows.
    """

    def __init__(
        self,
        folder: Path,
        jobs: Jobs,
        *,
        seconds: float = 1.0,
        change: Callable[[str], str] = str,
    ) -> None:
        self.name = PROGRAM
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = _configure(folder, jobs, seconds=seconds, change=change)
        argv = (
            require_prometheus(),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        )
        self.child = Child(self.name, argv, log_path=folder / "prometheus.log")

    def answers(self) -> bool:
        """Whether it is ready to be asked."""
        return http_answers(f"{self.url}/-/ready")

    def ask(self, promql: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Return the value of every series of an instant query, by its labels in order."""
        query = urllib.parse.urlencode({"query": promql})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return {
            tuple(sorted(one["metric"].items())): float(one["value"][1])
            for one in found["data"]["result"]
        }


def _configure(folder: Path, jobs: Jobs, *, seconds: float, change: Callable[[str], str]) -> Path:
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for path in sorted(RULES.glob("*.yaml")):
        (rules / path.name).write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    every = f"{round(seconds * 1000)}ms"
    config = {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(rules / "*.yaml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
            for job, addresses in jobs.items()
        ],
    }
    # JSON is YAML too.
    path = folder / "prometheus.yaml"
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return path


def require_prometheus() -> Path:
    """Return the program; PartFailed where it is missing."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise PartFailed(PROGRAM, MISSING)
    return Path(found)


main = partial(require_main, "tests.support.programs.prometheus", require_prometheus)


if __name__ == "__main__":
    sys.exit(main())

"""A real Alertmanager with the shipped routes and inhibitions, on a free port of 127.0.0.1."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.dev.generators.tree import MONITORING
from deploy.dev.local.parts import Part, http_answers
from deploy.processes import Child, free_port
from tests.support.programs.validators import program

CONFIG = MONITORING / "alertmanager.yaml"
PROGRAM = "prometheus-alertmanager"
Labels = Mapping[str, str]


class Alertmanager(Part):
    """Alertmanager in one process, which tells nobody; all it keeps is in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.name = PROGRAM
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = folder / "alertmanager.yaml"
        text = CONFIG.read_text(encoding="utf-8")
        # Its receivers are examples: an hour is longer than any test.
        config.write_text(text.replace("group_wait: 30s", "group_wait: 1h"), encoding="utf-8")
        argv = (
            program(PROGRAM),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        )
        self.child = Child(self.name, argv, log_path=folder / "alertmanager.log")

    def answers(self) -> bool:
        """Whether it is ready to be asked."""
        return http_answers(f"{self.url}/-/ready")

    def tell(self, alerts: Iterable[Labels]) -> None:
        """Post alerts that fire, as Prometheus does."""
        body = json.dumps([{"labels": dict(labels)} for labels in alerts]).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def suppressed(self, namespace: str) -> list[Labels]:
        """Return the alerts of a namespace of which nobody would be told."""
        query = urllib.parse.urlencode({"filter": f'namespace="{namespace}"'})
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts?{query}", timeout=10) as answer:
            found = json.load(answer)
        return [one["labels"] for one in found if one["status"]["state"] == "suppressed"]

"""Apache Kafka 4 from its published jars: one node that is its own controller (KRaft).

Needs Java 17 or newer, and Maven for the first start. `python -m deploy.dev.local.apache --require`
fetches the jars beforehand: exit code 0, or 3 when something is missing.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from deploy.dev.local.kafka_jars import RECIPE, require_jars
from deploy.dev.local.parts import Part
from deploy.dev.local.prerequisites import require_main
from deploy.dev.local.tansu import kafka_answers
from deploy.processes import Child, PartFailed, free_port

FORMAT_SECONDS = 60.0
LOGGING = f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}"
# Quick compilation alone: half the start time, and no slower in runs of minutes.
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", LOGGING)
# SIGKILL leaves what was written in the system's page cache, so no flush setting is needed for
# acknowledged records to be there after a restart; only a power cut would need one.
PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        # After SIGKILL the controller waits this long before it believes the restarted broker.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
    }
)


class ApacheKafka(Part):
    """Apache Kafka on a free port of 127.0.0.1, data and log in `folder`; no topic creates itself.

    `properties` are added to the broker's own and win over them.
    """

    start_seconds = 180.0
    heap = "-Xmx512m"
    format_options: tuple[str, ...] = ("--standalone",)

    def __init__(self, folder: Path, *, properties: Mapping[str, str] | None = None) -> None:
        self.name = "kafka"
        self.port = free_port()
        self.url = f"127.0.0.1:{self.port}"
        self.folder = folder
        self.properties = {**PROPERTIES, **self._addresses(), **(properties or {})}
        self.child = Child(self.name, (), log_path=folder / "kafka.log")

    def start(self) -> None:
        """Format the storage on the first start, run the broker, return when it answers.

        Raises PartFailed when Java, Maven or the jars are missing, or the broker does not answer.
        """
        java = ["java", self.heap, *JVM, "-cp", f"{require_jars()}/*"]
        config = self.folder / "server.properties"
        if not config.exists():
            self._format(java, config)
        self.child.argv = [*java, "kafka.Kafka", str(config)]
        super().start()

    def answers(self) -> bool:
        """Whether a metadata request is answered with this broker."""
        return kafka_answers(self.port)

    def _addresses(self) -> dict[str, str]:
        controller = f"127.0.0.1:{free_port()}"
        return {
            "listeners": f"PLAINTEXT://{self.url},CONTROLLER://{controller}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self.folder / "kafka"),
        }

    def _format(self, java: Sequence[str], config: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = config.with_suffix(".draft")
        draft.touch(mode=0o600)  # it may hold a password
        draft.write_text("".join(f"{key}={value}\n" for key, value in self.properties.items()))
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id=salur"]
        done = subprocess.run(
            [*java, *tool, "-c", str(draft), *self.format_options],
            check=False,
            capture_output=True,
            text=True,
            timeout=FORMAT_SECONDS,
        )
        if done.returncode != 0:
            raise PartFailed(self.name, "the storage tool refused", done.stdout + done.stderr)
        draft.rename(config)


main = partial(require_main, "deploy.dev.local.apache", require_jars)


if __name__ == "__main__":
    sys.exit(main())

"""The system under chaos: three brokers, the database, nine services, and the links between all."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

from deploy.dev.chaos.clocks import Clocks
from deploy.dev.chaos.cluster import Cluster, node_name
from deploy.dev.chaos.links import HOST, Links
from deploy.dev.local.stack import READY_SECONDS, ServiceProcess, Stack, StackOptions, kafka_env
from deploy.operate.provisioning.topic_creation import create_topics
from deploy.processes import Child, wait_until
from shared.settings import KafkaSettings

AGENCIES = ("kab-3603", "kota-3671", "prov-36", "prov-31", "kab-1101")
INSTANCES: Mapping[str, int] = MappingProxyType(
    {"intake": 2, "router": 3, "notifier": 2, "metrics": 2}
)
DATABASE = "database"
SPARE = "spare"  # the client name of whoever joins for a while
SESSION_SECONDS = 4.0
# Everything that waits is told to wait less long than in an installation, so that a fault of
# seconds lies beyond every bound that one of minutes would lie beyond there.
HASTE: Mapping[str, str] = MappingProxyType(
    {
        "SALUR_KAFKA__PUBLISH_TIMEOUT_MS": "3000",
        "SALUR_KAFKA__METADATA_MAX_AGE_MS": "1000",
        "SALUR_MONGO__TIMEOUT_MS": "3000",
        "SALUR_STAGE__RETRY_SECONDS": "[0.2, 2.0]",
        "SALUR_STAGE__DRAIN_SECONDS": "4",
        "NOTIFIER_LEASE_SECONDS": "6",
        "NOTIFIER_REQUEST_SECONDS": "3",
        "NOTIFIER_SCAN_SECONDS": "1",
        "METRICS_SNAPSHOT_SECONDS": "0.5",
        "NOTIFIER_LADDER__FIRST_SECONDS": "1",
        "INTAKE_CASELESS_SECONDS": "8",
    }
)


class System:
    """All processes; `links` must be open before `start`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.links = Links()
        self.names = [f"{s}-{n}" for s, most in INSTANCES.items() for n in range(1, most + 1)]
        self.cluster = Cluster(folder, self.links, [*self.names, SPARE])
        # For its database, and for what it tells its services.
        self._stack = Stack(StackOptions(folder, AGENCIES, broker="apache", env=HASTE))
        self.database, self.mongo = self._stack.database, self._stack.mongo
        self.clocks = Clocks(folder)
        self._stores = {
            name: self.links.add(name, DATABASE, self.database.port)
            for name in [*self.names, SPARE]
        }
        self.services = {name: self.instance(name) for name in self.names}

    @property
    def kafka(self) -> KafkaSettings:
        """Return how the harness itself reaches the brokers: through no link."""
        return KafkaSettings(bootstrap_servers=self.cluster.url, metadata_max_age_ms=1_000)

    def instance(
        self, name: str, *, via: str | None = None, env: Mapping[str, str] | None = None
    ) -> ServiceProcess:
        """Make one instance, not started; `via` is the client whose links it takes."""
        service, _, number = name.rpartition("-")
        client = via or name
        kafka = KafkaSettings(
            bootstrap_servers=self.cluster.servers(client),
            session_timeout_ms=round(SESSION_SECONDS * 1000),
        )
        url = f"mongodb://{self._stores[client].address}/?directConnection=true"
        given = {
            **self._stack.env,
            **kafka_env(kafka),
            "SALUR_MONGO__URL": url,
            **self.clocks.env(name),
            **(env or {}),
        }
        return ServiceProcess(service, int(number), folder=self.folder, env=given)

    def start(self) -> None:
        """Start everything and wait until it is ready; on failure stop what had started."""
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda start: start(), (self.database.start, self.cluster.start)))
            asyncio.run(create_topics(self.kafka, AGENCIES, replication=3))
            for service in self.services.values():
                service.child.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def wait_ready(self) -> None:
        """Wait until every service is ready; PartFailed with the tail of its log if one is not."""
        for service in self.services.values():
            what = f"{service.url}/readyz"
            wait_until(service.answers, what, timeout=READY_SECONDS, child=service.child)

    def stop(self) -> None:
        """End everything at once."""
        for service in self.services.values():
            service.kill()
        self.cluster.stop()
        self.database.kill()

    def child(self, name: str) -> Child:
        """Return the process of a service's instance, of a node, or of the database."""
        if name == DATABASE:
            return self.database.child
        nodes = {node.name: node.child for node in self.cluster.nodes}
        return nodes[name] if name in nodes else self.services[name].child

    def of(self, service: str) -> list[ServiceProcess]:
        """Return the instances of a service."""
        return [one for one in self.services.values() if one.service == service]

    def urls(self, service: str) -> Sequence[str]:
        """Return where the instances of a service answer."""
        return [one.url for one in self.of(service)]

    def logs(self) -> Iterable[Path]:
        """Return the logs of all services."""
        return sorted(self.folder.glob("*-*.log"))


NODE_NAMES = tuple(node_name(number) for number in (1, 2, 3))
__all__ = ("AGENCIES", "DATABASE", "HOST", "INSTANCES", "NODE_NAMES", "SPARE", "System")

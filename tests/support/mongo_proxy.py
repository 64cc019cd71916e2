"""A proxy before a database that speaks enough of MongoDB's protocol to spoil its replies.

It shows what a replica set does and one node never: a write that no majority confirms, a primary
that steps down, an answer that is lost. It reads commands and replies (OP_MSG) as documents and
passes on everything else as it is.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import bson
from pymongo import MongoClient

from deploy.processes import free_port

OP_MSG = 2013
CHECKSUM, MORE_TO_COME = 1, 2  # flags of OP_MSG
WRITES = frozenset({"insert", "update", "delete", "findAndModify"})
READS = frozenset({"find", "aggregate", "count"})
TIMED_OUT = 64  # WriteConcernTimeout
CONFIRMED = "_confirmed"  # the ending of what a majority has, while it has not all
Command = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What befalls a command: at most one of these, `late` apart."""

    unconfirmed: bool = False  # done, and a writeConcernError beside whatever else is said
    code: int | None = None  # not done, and this is the answer
    cut: bool = False  # done, and the connection is closed instead of an answer
    late: float = 0.0  # seconds


@dataclass
class _Rule:
    command: str
    collection: str | None
    fault: Fault
    left: int | None

    def meets(self, command: Command) -> bool:
        name = next(iter(command))
        of = command[name]
        return self.left != 0 and name == self.command and self.collection in (None, of)


@dataclass
class MongoProxy:
    """A proxy on a free port of 127.0.0.1 before the one at `target`; a context manager.

    `seen` are the commands that came, without the documents to be written.
    """

    target: int
    port: int = field(default_factory=free_port)
    seen: list[Command] = field(default_factory=list)
    cuts: int = 0  # answers that were lost

    def __post_init__(self) -> None:
        self._rules: list[_Rule] = []
        self._without_majority = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port))

    @property
    def url(self) -> str:
        """Return the address for motor and pymongo."""
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            ends = list(self._open)
        for end in ends:
            _hang_up(end)

    def spoil(
        self,
        command: str,
        fault: Fault,
        *,
        collection: str | None = None,
        times: int | None = None,
    ) -> None:
        """Let a fault befall the next `times` of a command; all of them from now on for None."""
        self._rules.append(_Rule(command, collection, fault, times))

    def heal(self) -> None:
        """Let nothing befall any command."""
        self._rules = []

    @contextlib.contextmanager
    def without_majority(self, *databases: str) -> Iterator[None]:
        """Have no write confirmed, and no majority know of it, until the end.

        Done they are all the same. Reads with concern `majority` of these databases are answered
        from what was there before.
        """
        with MongoClient[Command](f"mongodb://127.0.0.1:{self.target}/") as client:
            copies = [client[name][one] for name in databases for one in _names(client[name])]
            for one in copies:
                one.aggregate([{"$match": {}}, {"$out": one.name + CONFIRMED}])
            self._without_majority = True
            try:
                yield
            finally:
                self._without_majority = False
                for one in copies:
                    one.database.drop_collection(one.name + CONFIRMED)

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        place = ("127.0.0.1", self.target)
        with contextlib.suppress(OSError), client, socket.create_connection(place) as server:
            with self._lock:
                self._open |= {client, server}
            while (request := _read(client)) and self._exchange(request, client, server):
                pass
            _hang_up(client)

    def _exchange(self, request: bytes, client: socket.socket, server: socket.socket) -> bool:
        """Pass on one request and its replies; False where the connection is to be closed."""
        command = _document(request)
        fault = self._fault(command) if command else Fault()
        time.sleep(fault.late)
        if command and fault.code is not None:
            client.sendall(_reply(request, {"ok": 0.0, "code": fault.code, "errmsg": "spoilt"}))
            return True
        server.sendall(self._sent(request, command))
        if _flags(request) & MORE_TO_COME:
            return True
        while reply := _read(server):
            if fault.cut:
                self.cuts += 1
                return False
            client.sendall(_spoilt(reply) if fault.unconfirmed else reply)
            if not _flags(reply) & MORE_TO_COME:
                return True
        return False

    def _fault(self, command: Command) -> Fault:
        self.seen.append(command)
        with self._lock:
            rule = next((rule for rule in self._rules if rule.meets(command)), None)
            if rule is not None:
                rule.left = None if rule.left is None else rule.left - 1
                return rule.fault
        is_write = next(iter(command)) in WRITES
        return Fault(unconfirmed=self._without_majority and is_write)

    def _sent(self, request: bytes, command: Command | None) -> bytes:
        """Return the request, turned to what a majority has where it asks for that."""
        if not command or not self._without_majority:
            return request
        name = next(iter(command))
        level = command.get("readConcern", {}).get("level")
        if name not in READS or level != "majority":
            return request
        copy = {name: f"{command[name]}{CONFIRMED}"}
        return _message(request, {**copy, **{k: v for k, v in command.items() if k != name}})


def _names(database: Any) -> list[str]:
    return [name for name in database.list_collection_names() if not name.startswith("system.")]


def _read(connection: socket.socket) -> bytes | None:
    """Return one whole message; None at the end of the connection."""
    head = _exactly(connection, 16)
    if head is None:
        return None
    body = _exactly(connection, struct.unpack_from("<i", head)[0] - 16)
    return None if body is None else head + body


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            return None
        found += part
    return bytes(found)


def _is_message(raw: bytes) -> bool:
    return bool(struct.unpack_from("<i", raw, 12)[0] == OP_MSG)


def _flags(raw: bytes) -> int:
    return int(struct.unpack_from("<I", raw, 16)[0]) if _is_message(raw) else 0


def _document(raw: bytes) -> Command | None:
    """Return the body of an OP_MSG; without what lies in sequences beside it."""
    at = 20
    while _is_message(raw) and at < len(raw):
        size = struct.unpack_from("<i", raw, at + 1)[0]
        if raw[at] == 0:
            return dict(bson.decode(raw[at + 1 : at + 1 + size]))
        at += 1 + size
    return None


def _reply(request: bytes, body: Mapping[str, Any]) -> bytes:
    return _framed(number=0, to=struct.unpack_from("<i", request, 4)[0], body=body)


def _message(original: bytes, body: Mapping[str, Any]) -> bytes:
    number, to = struct.unpack_from("<ii", original, 4)
    return _framed(number=number, to=to, body=body)


def _framed(*, number: int, to: int, body: Mapping[str, Any]) -> bytes:
    section = struct.pack("<IB", 0, 0) + bson.encode(body)
    return struct.pack("<iiii", 16 + len(section), number, to, OP_MSG) + section


def _spoilt(reply: bytes) -> bytes:
    told = _document(reply)
    if told is None or _flags(reply) & CHECKSUM:
        return reply
    refusal = {"code": TIMED_OUT, "codeName": "WriteConcernTimeout", "errmsg": "waiting timed out"}
    refusal["errInfo"] = {"wtimeout": True}
    return _message(reply, {**told, "writeConcernError": refusal})


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)

"""Secantus, the embedded server that speaks MongoDB's protocol: for development and tests only."""

import sys
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.dev.local.parts import Part
from deploy.dev.local.tansu import MISSING
from deploy.processes import Child, PartFailed, free_port


class Secantus(Part):
    """The program `secantusd-py` on a free port of 127.0.0.1, data and log in `folder`.

    `url` is for motor and pymongo. An acknowledged write is on disk, as `w=majority` promises on
    MongoDB, so it survives SIGKILL.
    """

    def __init__(self, folder: Path) -> None:
        self.name = "secantus"
        self.port = free_port()
        self.url = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        argv = [str(_program()), "--host", "127.0.0.1"]
        argv += ["--port", str(self.port), "--storage-path", str(folder / "secantus")]
        # Without --sync-on-commit a crash loses what `j=True` promises in transactions, and
        # `w=majority` without `j=True` keeps nothing; journaled writes are no slower with it.
        argv += ["--sync-on-commit", "--log-level", "WARNING"]
        # Its own test suite's switch for faster, forgetful storage must not leak in from outside.
        env = {"SECANTUS_FORCE_DURABLE": "1", "PYTHONUNBUFFERED": "1"}
        self.child = Child(self.name, argv, log_path=folder / "secantus.log", env=env)

    def answers(self) -> bool:
        """Whether the server answers a ping."""
        client: MongoClient[dict[str, object]] = MongoClient(
            self.url, serverSelectionTimeoutMS=500, connectTimeoutMS=500, socketTimeoutMS=1000
        )
        with client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                return False
        return True


def _program() -> Path:
    program = Path(sys.executable).with_name("secantusd-py")
    if not program.exists():
        raise PartFailed("secantus", MISSING)
    return program

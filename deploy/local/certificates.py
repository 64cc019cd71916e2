"""An authority of this machine's own, and what it signs: for secured parts and for tests.

Needs the program `openssl`. Keys are unencrypted, in files that only their owner may read.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.process import PartFailed

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30")
HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, in PEM."""

    chain: Path
    key: Path

    @property
    def both(self) -> str:
        """Return key and certificate as one text."""
        return self.key.read_text() + self.chain.read_text()


class Authority:
    """A certificate authority in a folder; `file` is what those have who trust it.

    Raises PartFailed where `openssl` is missing or refuses.
    """

    def __init__(self, folder: Path, name: str = "Salur local") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        if not self.file.exists():
            use = "keyUsage=critical,keyCertSign,cRLSign"
            _openssl(self._key, self.file, f"/CN={name}", "-addext", use)

    def issue(self, name: str, *, hosts: tuple[str, ...] = HERE) -> Certificate:
        """Return a new certificate of a server that is called by these names and addresses."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        names = ",".join(f"{'IP' if host[0].isdigit() else 'DNS'}:{host}" for host in hosts)
        signing = ("-CA", str(self.file), "-CAkey", str(self._key))
        named = ("-addext", f"subjectAltName={names}")
        leaf = ("-addext", "basicConstraints=critical,CA:FALSE")
        _openssl(made.key, made.chain, f"/CN={hosts[0]}", *signing, *named, *leaf)
        return made


def _openssl(key: Path, out: Path, subject: str, *more: str) -> None:
    key.touch(mode=0o600)
    argv = ["openssl", "req", "-x509", *KEY, "-subj", subject]
    argv += ["-keyout", str(key), "-out", str(out), *more]
    try:
        done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=30)
    except FileNotFoundError as error:
        raise PartFailed("certificates", "the program openssl is not installed") from error
    if done.returncode != 0:
        raise PartFailed("certificates", "openssl refused", done.stderr)

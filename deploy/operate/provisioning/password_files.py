"""Passwords of Kafka's users: made here, kept in files that only their owner reads.

One file a user, `<user>.env`, for a shell or an env-file to read. A password is in no log, on no
screen and on no command line.
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from shared.errors import Misconfigured

BYTES = 32
USERNAME, PASSWORD = "SALUR_KAFKA__USERNAME", "SALUR_KAFKA__PASSWORD"  # names, not values
_NEXT = ".next"


class PasswordFolder:
    """A folder of the operator's, made with access for its owner alone if it is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def draft(self, users: Iterable[str], *, rotated: frozenset[str]) -> dict[str, str]:
        """Return a password for each user, written down before the cluster knows of it.

        A file from before gives its password again, unless the user is in `rotated`: a cluster
        that was set up anew knows its users under the passwords that they have. So does a draft
        that an earlier run left: the cluster may have taken it.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        drafted: dict[str, str] = {}
        for user in users:
            left = self._read(self._file(user, _NEXT)) if self.unfinished([user]) else None
            kept = left or (None if user in rotated else self.read(user))
            drafted[user] = kept or secrets.token_urlsafe(BYTES)
            self._write(self._file(user, _NEXT), user, drafted[user])
        return drafted

    def keep(self, users: Iterable[str]) -> None:
        """Put the drafts in the place of the files before: the cluster has taken them."""
        for user in users:
            self._file(user, _NEXT).replace(self._file(user))

    def unfinished(self, users: Iterable[str]) -> frozenset[str]:
        """Return the users whose drafts a run left that ended before it could keep them."""
        return frozenset(user for user in users if self._file(user, _NEXT).is_file())

    def read(self, user: str) -> str | None:
        """Return the password in the user's file, or None without a file."""
        return self._read(self._file(user))

    @staticmethod
    def _read(file: Path) -> str | None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Misconfigured(f"{file} cannot be read: {error.strerror}") from error
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        return found.get(PASSWORD)

    def _file(self, user: str, suffix: str = "") -> Path:
        return self.path / f"{user}.env{suffix}"

    def _write(self, path: Path, user: str, password: str) -> None:
        try:
            path.unlink(missing_ok=True)  # an old file would keep its rights
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Misconfigured(f"{path} cannot be written: {error.strerror}") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{USERNAME}={user}\n{PASSWORD}={password}\n")
            file.flush()
            os.fsync(file.fileno())  # the cluster must not know a password that nobody has

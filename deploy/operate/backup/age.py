"""Back-ups that only their recipient reads: the format `age` (age-encryption.org), by public key.

Encrypted while they are written and decrypted while they are read: the plain bytes are on no disk.
"""

import importlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from shared.errors import Misconfigured

BEGINNING = b"age-encryption.org/v1"


def new_identity() -> tuple[str, str]:
    """Return a key pair: the identity, which decrypts, and the recipient's public key."""
    made = _age().x25519.Identity.generate()
    return str(made), str(made.to_public())


@contextmanager
def encrypting(file: IO[bytes], recipients: Sequence[str]) -> Iterator[IO[bytes]]:
    """Yield what takes plain bytes; left without an error, the file has all of them, encrypted.

    Raises:
        Misconfigured: a recipient is no public key, or what it takes is not installed.
    """
    age = _age()
    keys = [_recipient(age, each) for each in recipients]
    source, sink = _pipe()
    worker = _Worker(lambda: age.encrypt_io(source, file, keys), source)
    try:
        with suppress(BrokenPipeError), sink:  # broken: the worker says why
            yield sink
    finally:
        worker.finish()


@contextmanager
def decrypting(file: IO[bytes], identity: Path) -> Iterator[IO[bytes]]:
    """Yield what gives the plain bytes of an encrypted file.

    Raises:
        Misconfigured: the identity is none, or not that of a recipient, or the file is damaged.
    """
    age = _age()
    keys = _identities(age, identity)
    source, sink = _pipe()
    worker = _Worker(lambda: age.decrypt_io(file, sink, keys), sink)
    try:
        yield source
    except Misconfigured:
        # What looked cut off to its reader may not have been decrypted: that comes first.
        _check(age, worker.failure, identity)
        raise
    finally:
        source.close()
        worker.join()
    _check(age, worker.failure, identity)


class _Worker:
    """Works in a thread and closes its end of the pipe; what went wrong is known before that."""

    def __init__(self, work: Callable[[], object], end: IO[bytes]) -> None:
        self.failure: Exception | None = None
        self._work = work
        self._end = end
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self.failure = error
        finally:
            with suppress(BrokenPipeError):
                self._end.close()

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def finish(self) -> None:
        """Wait for its end and raise what went wrong."""
        self.join()
        if self.failure is not None:
            raise self.failure


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


def _age() -> Any:
    try:
        return importlib.import_module("pyrage")
    except ImportError as error:
        raise Misconfigured(
            "encrypted back-ups need pyrage: pip install '.[admin]' in a checkout, or --plain"
        ) from error


def _recipient(age: Any, text: str) -> Any:
    try:
        return age.x25519.Recipient.from_str(text.strip())
    except age.RecipientError as error:
        raise Misconfigured(
            f"recipient {text!r} is no public key of age (age1…); `salur keys backup` makes a pair"
        ) from error


def _identities(age: Any, path: Path) -> list[Any]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if keys:
            return [age.x25519.Identity.from_str(key) for key in keys]
    except (OSError, UnicodeDecodeError, age.IdentityError):
        pass
    raise Misconfigured(f"{path} holds no identity of age (AGE-SECRET-KEY-1…)")


def _check(age: Any, failure: Exception | None, identity: Path) -> None:
    if isinstance(failure, age.DecryptError):
        raise Misconfigured(
            f"the back-up does not open with {identity}: it is for another recipient, or damaged"
        ) from failure
    if failure is not None and not isinstance(failure, BrokenPipeError):
        raise Misconfigured(f"the back-up is cut off or damaged ({failure})") from failure

"""Encrypted back-ups: streamed, whole or refused, for their recipients alone."""

import io
from pathlib import Path
from typing import IO

import pytest

from deploy.operate.backup.age import BEGINNING, decrypting, encrypting, new_identity
from shared.errors import Misconfigured

PLAIN = bytes(range(256)) * 2_000  # more than a pipe holds, and several pieces of age


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    key, recipient = new_identity()
    file = tmp_path / "identity"
    file.write_text(f"# recipient: {recipient}\n{key}\n")
    return file


def recipient_of(identity: Path) -> str:
    return identity.read_text().split("\n")[0].removeprefix("# recipient: ")


def encrypted(*recipients: str) -> bytes:
    file = io.BytesIO()
    with encrypting(file, recipients) as plain:
        plain.write(PLAIN)
    return file.getvalue()


def test_every_recipient_reads_it(identity: Path, tmp_path: Path) -> None:
    key, other = new_identity()
    (tmp_path / "other").write_text(key)
    data = encrypted(recipient_of(identity), other)

    assert data.startswith(BEGINNING)
    assert PLAIN[:64] not in data
    for each in (identity, tmp_path / "other"):
        with decrypting(io.BytesIO(data), each) as plain:
            assert plain.read() == PLAIN


@pytest.mark.parametrize("place", [300, 70_000, 200_000])
def test_what_was_changed_or_cut_is_refused(identity: Path, place: int) -> None:
    data = encrypted(recipient_of(identity))
    changed = bytearray(data)
    changed[place] ^= 1

    for broken in (bytes(changed), data[:place]):
        with (
            pytest.raises(Misconfigured, match="damaged"),
            decrypting(io.BytesIO(broken), identity) as plain,
        ):
            plain.read()


def test_who_stops_reading_hears_his_own_error(identity: Path) -> None:
    data = encrypted(recipient_of(identity))

    def stop(plain: IO[bytes]) -> None:
        plain.read(10)
        raise Misconfigured("the database holds documents")

    with (
        pytest.raises(Misconfigured, match="holds documents"),
        decrypting(io.BytesIO(data), identity) as plain,
    ):
        stop(plain)


def test_a_file_without_an_identity_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("age1x\n")

    for name in ("key", "none"):
        with (
            pytest.raises(Misconfigured, match=f"{name} holds no identity"),
            decrypting(io.BytesIO(b""), tmp_path / name),
        ):
            pass

"""The file of a back-up: whole or refused, and every document as it was."""

import gzip
import io
from datetime import UTC, datetime

import bson
import pytest

from deploy.operate.backup.archive import ArchiveReader, ArchiveWriter
from shared.errors import Misconfigured

AT = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = [("vault", bson.encode({"_id": n, "text": "Jalan rusak", "at": AT})) for n in range(5)]


def archive(rows: list[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    writer = ArchiveWriter(file, database="salur_private", at=AT)
    for name, document in rows:
        writer.add(name, document)
    writer.finish()
    return file.getvalue()


def read(data: bytes) -> list[tuple[str, bytes]]:
    with ArchiveReader(io.BytesIO(data)) as reader:
        return list(reader)


def packed(*documents: dict[str, object]) -> bytes:
    return gzip.compress(b"".join(map(bson.encode, documents)))


def test_documents_come_back_byte_for_byte_and_in_order() -> None:
    rows = [*ROWS, ("receipts", bson.encode({"z": 1, "a": bson.Int64(1), "b": 1.0}))]

    assert read(archive(rows)) == rows


def test_the_head_says_whose_back_up_it_is_and_of_when() -> None:
    with ArchiveReader(io.BytesIO(archive([]))) as reader:
        assert (reader.database, reader.at, list(reader)) == ("salur_private", AT, [])


def test_equal_contents_give_equal_files() -> None:
    assert archive(ROWS) == archive(ROWS)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_refused(share: float) -> None:
    data = archive(ROWS)

    with pytest.raises(Misconfigured, match=r"cut off or damaged"):
        read(data[: int(len(data) * share)])


def test_a_file_that_was_changed_is_refused() -> None:
    data = bytearray(archive(ROWS))
    data[len(data) // 2] ^= 0xFF

    with pytest.raises(Misconfigured, match=r"cut off or damaged"):
        read(bytes(data))


def test_a_file_whose_writer_did_not_finish_is_refused() -> None:
    head = {"format": "salur-backup-1", "database": "salur_private", "at": AT}

    with pytest.raises(Misconfigured, match="it ends too early"):
        read(packed(head, {"in": "vault", "document": {"_id": 1}}))


def test_a_file_that_lacks_a_document_is_refused() -> None:
    head = {"format": "salur-backup-1", "database": "salur_private", "at": AT}

    with pytest.raises(Misconfigured, match="not hold as many"):
        read(packed(head, {"in": "vault", "document": {"_id": 1}}, {"counts": {"vault": 2}}))


def test_a_length_that_cannot_be_is_refused() -> None:
    with pytest.raises(Misconfigured, match="length"):
        read(gzip.compress(b"\xff\xff\xff\x7f" + b"x" * 100))


@pytest.mark.parametrize(
    "data",
    [b"", b"bukan cadangan", packed({"format": "other"})],
    ids=["empty", "another", "format"],
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(Misconfigured):
        read(data)

"""The file of a back-up: gzip of BSON documents, one after the other.

First a head, then each stored document in an envelope with its collection, and at last the counts,
without which the file was cut off. Stored documents go in and out byte for byte.
"""

import gzip
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Self

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from shared.errors import Misconfigured

FORMAT = "salur-backup-1"
MOST_BYTES = 17 * 1024 * 1024  # MongoDB's own limit of a document is 16 MiB
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
_LENGTH = struct.Struct("<i")


class ArchiveWriter:
    """Writes a back-up to an open file; without `finish` it counts as cut off."""

    def __init__(self, file: IO[bytes], *, database: str, at: datetime) -> None:
        self._zip = gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0)
        self.counts: Counter[str] = Counter()
        self._put({"format": FORMAT, "database": database, "at": at.astimezone(UTC)})

    def add(self, collection: str, document: bytes) -> None:
        """Append one stored document, as BSON."""
        self._put({"in": collection, "document": RawBSONDocument(document)})
        self.counts[collection] += 1

    def finish(self) -> None:
        """Append the counts: the back-up is whole."""
        self._put({"counts": dict(self.counts)})
        self._zip.close()

    def _put(self, document: Mapping[str, object]) -> None:
        self._zip.write(bson.encode(document))


class ArchiveReader:
    """Reads a back-up from an open file, from its beginning to its end, once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = gzip.GzipFile(fileobj=file, mode="rb")
        head = self._next()
        if head is None or head.get("format") != FORMAT:
            raise Misconfigured(f"this is no back-up of Salur: it does not begin with {FORMAT}")
        self.database = str(head["database"])
        self.at: datetime = head["at"]
        self.counts: Counter[str] = Counter()

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Yield collection and document of each.

        Raises:
            Misconfigured: the file is cut off or damaged; what came before it was right.
        """
        while (envelope := self._next()) is not None:
            if "counts" in envelope:
                return self._check(dict(envelope["counts"]))
            name = str(envelope["in"])
            self.counts[name] += 1
            yield name, envelope["document"].raw
        raise _damaged("it ends too early")

    def _check(self, wanted: Mapping[str, int]) -> None:
        if wanted != self.counts:
            raise _damaged("it does not hold as many documents as it says")
        if self._next() is not None:  # reads to the end, where gzip's checksum is
            raise _damaged("it goes on after its end")

    def _next(self) -> RawBSONDocument | None:
        try:
            head = self._zip.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                return None
            (length,) = _LENGTH.unpack(head)
            if not _LENGTH.size < length <= MOST_BYTES:
                raise _damaged("a document has no length that can be")
            return bson.decode(head + self._zip.read(length - _LENGTH.size), _RAW)
        except (BSONError, OSError, EOFError, zlib.error) as error:
            raise _damaged(type(error).__name__) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()


def _damaged(why: str) -> Misconfigured:
    return Misconfigured(f"the back-up is cut off or damaged ({why}); take another one")

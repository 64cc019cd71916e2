"""Dead letters: a record that cannot be handled, kept with its origin and the reason.

It is kept whole unless it would not fit beside the headers that tell its origin: whoever writes a
record as large as the broker allows must not be able to stop a stage with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.envelope import Headers, Record
from shared.errors import Permanent
from shared.topics import dead_letter_topic

MAX_VALUE_BYTES = 900_000
MAX_KEY_BYTES = 1_024
MAX_HEADER_BYTES = 65_536
ORIGIN = "dlq_"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record on its way to `<service>-dlq`, under its own key, with its own headers."""

    service: str
    record: Record
    reason: Permanent

    @property
    def topic(self) -> str:
        """Return the service's dead-letter topic."""
        return dead_letter_topic(self.service)

    @property
    def key(self) -> bytes | None:
        """Return the record's own key, cut where it is absurdly long."""
        return self.record.key[:MAX_KEY_BYTES] if self.record.key else self.record.key

    @property
    def value(self) -> bytes | None:
        """Return the record's own value, untouched unless it is too long to keep.

        Empty where key and value are both null: the client library sends no such record.
        """
        if self.record.value is None:
            return b"" if self.record.key is None else None
        return self.record.value[:MAX_VALUE_BYTES]

    @property
    def headers(self) -> Headers:
        """Return the record's headers (null becomes empty), then where it came from and why.

        Headers of its own that look like an origin are dropped: only the service may tell it.
        """
        own = [(n, value or b"") for n, value in self.record.headers if not n.startswith(ORIGIN)]
        size = sum(len(name) + len(value) for name, value in own)
        kept = own if size <= MAX_HEADER_BYTES else []
        return (
            *kept,
            *((ORIGIN + name, str(value).encode()) for name, value in self._origin()),
        )

    def _origin(self) -> Iterable[tuple[str, str | int]]:
        yield "service", self.service
        yield "topic", self.record.topic
        yield "partition", self.record.partition
        yield "offset", self.record.offset
        yield "timestamp", self.record.timestamp
        yield "error", self.reason.code
        yield "detail", self.reason.detail[:500]
        if self.record.value is not None and len(self.record.value) > MAX_VALUE_BYTES:
            yield "truncated", len(self.record.value)

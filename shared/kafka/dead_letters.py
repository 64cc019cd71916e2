"""Dead letters: a record that cannot be handled, kept with its origin and the reason.

It is kept whole unless it would not fit beside the headers that tell its origin: whoever writes a
record as large as the broker allows must not be able to stop a stage with it.

What an institution wrote has been masked by nobody. Its words are masked here, as they would have
been on their way to the router, so a replay asks for the same; ids and the form of the record stay.
What the services wrote themselves stays byte for byte: it was masked before.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.topics import dead_letter_topic, is_agency_written
from shared.errors import Permanent
from shared.kafka.envelope import Headers, Record
from shared.masking.records import masked_record

MAX_VALUE_BYTES = 900_000
MAX_AGENCY_BYTES = 32_768  # of an institution's record: an action's text has 8 kB at most
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
        key = self.record.key[:MAX_KEY_BYTES] if self.record.key else self.record.key
        return masked_record(key) if key and self._is_foreign else key

    @property
    def value(self) -> bytes | None:
        """Return the record's own value, untouched unless it is too long or an institution's.

        Empty where key and value are both null: the client library sends no such record.
        """
        if self.record.value is None:
            return b"" if self.record.key is None else None
        value = self.record.value[: self._most_bytes]
        return masked_record(value) if self._is_foreign else value

    @property
    def _is_foreign(self) -> bool:
        return is_agency_written(self.record.topic)

    @property
    def _most_bytes(self) -> int:
        return MAX_AGENCY_BYTES if self._is_foreign else MAX_VALUE_BYTES

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
        if self.record.value is not None and len(self.record.value) > self._most_bytes:
            yield "truncated", len(self.record.value)

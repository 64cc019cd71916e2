"""Dead letters: a record that cannot be handled, kept whole, with its origin and the reason."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.envelope import Headers, Record
from shared.errors import Permanent
from shared.topics import dead_letter_topic


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
        """Return the record's own key."""
        return self.record.key

    @property
    def value(self) -> bytes | None:
        """Return the record's own value, untouched."""
        return self.record.value

    @property
    def headers(self) -> Headers:
        """Return the record's headers (null becomes empty), then where it came from and why."""
        return (
            *((name, value or b"") for name, value in self.record.headers),
            *((f"dlq_{name}", str(value).encode()) for name, value in self._origin()),
        )

    def _origin(self) -> Iterable[tuple[str, str | int]]:
        yield "service", self.service
        yield "topic", self.record.topic
        yield "partition", self.record.partition
        yield "offset", self.record.offset
        yield "timestamp", self.record.timestamp
        yield "error", self.reason.code
        yield "detail", self.reason.detail[:500]

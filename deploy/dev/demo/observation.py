"""What was seen from outside the services: plain facts, no judgement, no citizen's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from deploy.dev.chaos.oracle.facts import Saying, Stream
from deploy.dev.chaos.oracle.reading import Headers
from shared.contracts.identifiers import complaint_number

Place = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True, slots=True)
class DeadLetterSeen:
    """A dead letter: where the record came from, and whose complaint its key names, if any."""

    origin: Place
    number: str | None
    reason: str


@dataclass
class Observation:
    """Everything the oracle judges.

    `acknowledged` maps each idempotency key to the numbers of all 202 answers it got; `counted`
    is the sum over all of `salur_cases`.
    """

    acknowledged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused: int = 0
    sayings: Iterable[Saying] = ()
    letters: Iterable[DeadLetterSeen] = ()
    counted: int = 0

    def on(self, stream: Stream) -> list[Saying]:
        """Return what was said on a stream."""
        return [one for one in self.sayings if one.stream is stream]


def letter(key: bytes | None, headers: Headers) -> DeadLetterSeen:
    """Return where a dead letter came from and whose it is."""
    # The last one counts: the record's own headers come first and may imitate these.
    said = {name: (value or b"").decode(errors="replace") for name, value in headers}
    return DeadLetterSeen(
        origin=(said["dlq_topic"], int(said["dlq_partition"]), int(said["dlq_offset"])),
        number=_number_of(key),
        reason=said.get("dlq_error", ""),
    )


def _number_of(key: bytes | None) -> str | None:
    try:
        return complaint_number(UUID((key or b"").decode()))
    except ValueError:
        return None

"""Which events of a batch are new: each is counted once while the process lives.

The counter is this process's own, for rates; how many cases there are is told by the facts.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.labels import OTHER
from shared.contracts.case import Outcome, Status

Transitions = Counter[tuple[str, Status]]
_KNOWN = frozenset(Outcome)


class SeenTransitions:
    """Remembers the highest `seq` seen of the complaints that changed most recently."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._seen: dict[UUID, int] = {}

    def take(self, events: Iterable[CaseEvent], stale: frozenset[UUID]) -> Transitions:
        """Return the events not yet counted, by outcome and status.

        An outcome that only a later router knows is `other`: label values are a closed set.
        `stale` are the complaints whose fact was already at or beyond these events.
        """
        found: Transitions = Counter()
        for event in events:
            if self._advances(event) and event.complaint_id not in stale:
                outcome = event.outcome if event.outcome in _KNOWN else OTHER
                found[outcome, event.status] += 1
        return found

    def _advances(self, event: CaseEvent) -> bool:
        seen = self._seen.pop(event.complaint_id, 0)  # put back as the most recent
        self._seen[event.complaint_id] = max(seen, event.seq)
        if len(self._seen) > self._most:
            del self._seen[next(iter(self._seen))]
        return event.seq > seen

"""When each complaint was due, and when it was seen where; from these the percentiles."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.dev.bench.overload.run import percentile

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "most": 1.0}
ACCEPTED, ROUTED, NOTIFIED = "accepted", "routed", "notified"


@dataclass
class Timeline:
    """Seconds of one clock, by the number of the complaint; what comes twice counts once.

    `due` is when a complaint was to be sent by the rate, not when there was time to send it:
    otherwise a system that stands still would be asked less, and the wait would be left out.
    """

    now: Callable[[], float] = time.perf_counter
    due: dict[str, float] = field(default_factory=dict)
    seen: dict[str, dict[str, float]] = field(default_factory=dict)

    def accepted(self, number: str, *, due: float) -> None:
        """Note an answer 202 that came now."""
        self.due[number] = due
        self.note(ACCEPTED, number)

    def note(self, where: str, number: str) -> None:
        """Note that a complaint is seen somewhere now, unless it was before."""
        self.seen.setdefault(where, {}).setdefault(number, self.now())

    @property
    def figures(self) -> Mapping[str, Mapping[str, float]]:
        """Return by place the percentiles in milliseconds, and of how many complaints."""
        return {where: self._figures(times) for where, times in self.seen.items()}

    def _figures(self, times: Mapping[str, float]) -> Mapping[str, float]:
        took = [1000 * (at - self.due[number]) for number, at in times.items()]
        shares = {name: round(percentile(took, share), 1) for name, share in SHARES.items()}
        return {"complaints": len(took), **shares}

"""Rate limits: how often an address or a key may ask, counted by this process alone.

Each limit gives its whole quota at once and then back evenly over its window (GCRA, the generic
cell rate algorithm): a burst is fine, a flood is not. Of each caller and limit one number is kept.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from pyrate_limiter import GCRA, Rate

from services.intake.keys.callers import Role

MOST_COUNTED = 50_000  # callers and limits; about 300 bytes each
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_GCRA = GCRA()


class RateLimit(StrEnum):
    """What is counted: the first three by address, the next by key, the last two by who acts."""

    SUBMIT = "submit"  # complaints without a key; each line of a batch is one
    TRACK = "track"  # everything else without a key
    WRONG = "wrong"  # wrong keys, tracking codes and numbers
    GATEWAY = "gateway"
    AGENCY = "agency"
    OFFICER = "officer"
    OPERATOR = "operator"
    REPORTER = "reporter"  # actions of a reporter on one complaint, beside the address's limit
    INSTITUTION = "institution"  # actions of one institution, beside its keys' limits


BY_ROLE = {
    Role.GATEWAY: RateLimit.GATEWAY,
    Role.AGENCY: RateLimit.AGENCY,
    Role.OFFICER: RateLimit.OFFICER,
    Role.OPERATOR: RateLimit.OPERATOR,
}


@dataclass(frozen=True, slots=True)
class Quota:
    """So many units in so many seconds."""

    units: int
    seconds: int


def read_quota(text: str) -> Quota | None:
    """Return the quota that a text such as `600/minute` names; None for `off`.

    Raises:
        ValueError: the text names no quota.
    """
    if text == "off":
        return None
    units, _, window = text.partition("/")
    if window not in _SECONDS or not units.isdecimal() or not 1 <= int(units[:10]) < 10**9:
        raise ValueError("use a number and second, minute, hour or day: 600/minute, or: off")
    return Quota(int(units), _SECONDS[window])


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """What is left to a caller. `wait`: seconds until a refused one has room; None: never."""

    limit: RateLimit
    quota: Quota
    left: int
    reset: int
    is_refused: bool = False
    wait: int | None = 0

    @property
    def headers(self) -> dict[str, str]:
        """Return the fields of the IETF draft: the policy, and what is left under it."""
        return {
            "RateLimit-Policy": f'"{self.limit}";q={self.quota.units};w={self.quota.seconds}',
            "RateLimit": f'"{self.limit}";r={self.left};t={self.reset}',
        }


def monotonic_ms() -> int:
    """Return milliseconds of a clock that is never set back."""
    return time.monotonic_ns() // 1_000_000


class RateLimiter:
    """Who has spent how much; of the callers beyond `most` those unseen longest are forgiven."""

    def __init__(
        self,
        quotas: Mapping[RateLimit, Quota | None],
        *,
        ticks: Callable[[], int] = monotonic_ms,
        most: int = MOST_COUNTED,
    ) -> None:
        self._quotas = {limit: quota for limit, quota in quotas.items() if quota is not None}
        self._rates = {
            limit: [Rate(quota.units, quota.seconds * 1_000)]
            for limit, quota in self._quotas.items()
        }
        self._ticks = ticks
        self._most = most
        self._states: OrderedDict[tuple[RateLimit, str], tuple[float, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._states)

    def spend(self, limit: RateLimit, who: str, cost: int = 1) -> RateLimitState | None:
        """Take `cost` units where there is room for all; None for what has no limit."""
        return self._weigh(limit, who, cost=cost, is_kept=True)

    def would_refuse(self, limit: RateLimit, who: str) -> RateLimitState | None:
        """Return the refusal that one unit more would meet now, or None; nothing is taken."""
        balance = self._weigh(limit, who, cost=1, is_kept=False)
        return balance if balance is not None and balance.is_refused else None

    def _weigh(
        self, limit: RateLimit, who: str, *, cost: int, is_kept: bool
    ) -> RateLimitState | None:
        rates = self._rates.get(limit)
        if rates is None:
            return None
        now, place = self._ticks(), (limit, who)
        before = self._states.get(place) or _GCRA.initial(rates)
        after, decision = _GCRA.step(rates, before, now, cost)
        if is_kept:
            self._keep(place, after)
        wait = decision.retry_after_ms
        return RateLimitState(
            limit,
            self._quotas[limit],
            left=max(0, rates[0].burst - _GCRA.consumed(rates, after, now)),
            reset=max(0, ceil((after[0] / 1_000 - now) / 1_000)),
            is_refused=not decision.allowed,
            wait=0 if decision.allowed else None if wait is None else max(1, ceil(wait / 1_000)),
        )

    def _keep(self, place: tuple[RateLimit, str], state: tuple[float, ...]) -> None:
        self._states[place] = state
        self._states.move_to_end(place)
        if len(self._states) > self._most:
            self._states.popitem(last=False)

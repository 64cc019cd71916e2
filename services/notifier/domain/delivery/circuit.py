"""The ladder: when to try an endpoint in trouble again, and when to give it up for now.

It belongs to the endpoint, not to a row. One probe at a time climbs it; the pauses grow, with
jitter so that endpoints which fell together do not come back together. At its end the endpoint
is `failed`; a probe now and then still goes out.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from services.notifier.domain.delivery.deliveries import CLOCKS_APART
from shared.contracts.deliveries import LaneState
from shared.contracts.value_objects import Frozen, Instant, to_instant

_FIRST_DEFERRAL = timedelta(minutes=5)
_LONGEST_DEFERRAL = timedelta(hours=2)
JITTER = 0.2  # a pause is up to this part shorter or longer; small enough that pauses grow


class BackoffPolicy(Frozen):
    """The ladder's measures, in seconds."""

    first_seconds: Annotated[float, Field(gt=0)] = 5.0
    factor: Annotated[float, Field(ge=1.5)] = 2.0
    longest_seconds: Annotated[float, Field(gt=0)] = 1_800.0
    total_seconds: Annotated[float, Field(gt=0)] = 14_400.0  # then the endpoint has failed
    failed_probe_seconds: Annotated[float, Field(gt=0)] = 1_800.0  # between probes after that


class CircuitState(Frozen):
    """Where an endpoint stands on its ladder; `version` guards every write."""

    state: LaneState = LaneState.OK
    failures: int = 0
    first_failure_at: Instant | None = None
    next_probe_at: Instant | None = None
    pause: float | None = None  # seconds before that probe; None: it was to go out at once
    probe_owner: str = ""
    probe_until: Instant | None = None
    reason: str = ""  # the outcome of the last failure
    refuses: bool = False  # it rejected too many in a row: a probe that it rejects is no answer
    version: int = 0

    @property
    def is_given_up(self) -> bool:
        """Tell whether rows of the endpoint are parked."""
        return self.state in (LaneState.FAILED, LaneState.DISABLED)


def after_failure(
    ladder: CircuitState,
    rungs: BackoffPolicy,
    *,
    now: datetime,
    chance: float,
    asked: float = 0.0,
) -> CircuitState:
    """Return the next step down: a longer pause, or `failed` when the time is used up.

    `chance` (0 to 1) places the jitter. `asked` is the pause of a `Retry-After`; it is honoured
    up to the longest pause. An endpoint that `refuses` does so until it answers.
    """
    first = ladder.first_failure_at or now
    left = rungs.total_seconds - (now - first).total_seconds()
    given_up = left <= 0
    pause = rungs.failed_probe_seconds if given_up else _rung(rungs, ladder.failures)
    pause *= 1 + JITTER * (2 * chance - 1)
    if not given_up:
        # The last probe comes when the time is used up, not a whole pause later.
        pause = min(max(pause, min(asked, rungs.longest_seconds)), left)
    return CircuitState(
        state=LaneState.FAILED if given_up else LaneState.FAILING,
        failures=ladder.failures + 1,
        first_failure_at=first,
        next_probe_at=now + timedelta(seconds=pause),
        pause=pause,
        refuses=ladder.refuses,
        version=ladder.version + 1,
    )


def pause_before_next(attempts: int) -> timedelta:
    """Return how long one delivery waits that was put off, after so many attempts before.

    Five minutes at first, which most greylisting asks for (RFC 6647), then twice as long each
    time, up to two hours; with the usual twenty attempts, more than a day in all.
    """
    return min(_LONGEST_DEFERRAL, _FIRST_DEFERRAL * (1 << min(attempts, 16)))


def after_answer(ladder: CircuitState) -> CircuitState:
    """Return the ladder of an endpoint that answers: well, and nothing held against it."""
    return CircuitState(version=ladder.version + 1)


def after_gone(ladder: CircuitState) -> CircuitState:
    """Return the ladder of an endpoint that said 410."""
    return CircuitState(
        state=LaneState.DISABLED, failures=ladder.failures + 1, version=ladder.version + 1
    )


def after_replay(ladder: CircuitState, now: datetime) -> CircuitState:
    """Return the ladder of an endpoint that an operator wants tried at once, from its first rung.

    Whether it is well shows the probe. A healthy endpoint stays as it is.
    """
    if ladder.state is LaneState.OK:
        return ladder
    return CircuitState(
        state=LaneState.FAILING,
        next_probe_at=to_instant(now),
        refuses=ladder.refuses,
        version=ladder.version + 1,
    )


def with_probe(ladder: CircuitState, owner: str, until: datetime) -> CircuitState:
    """Return the ladder while `owner` probes; nobody else does before `until`."""
    change = {
        "probe_owner": owner,
        "probe_until": to_instant(until),
        "version": ladder.version + 1,
    }
    return ladder.model_copy(update=change)


def probe_at(ladder: CircuitState) -> datetime | None:
    """Return when the next probe may go out, as it is written; None where none ever will."""
    return max(_written(ladder), default=None)


def believed_probe_at(ladder: CircuitState, now: datetime, *, lease: timedelta) -> datetime | None:
    """Return when the next probe may go out; None where none ever will.

    What is further ahead than its own pause, or than the `lease` of a probe, was written by a
    clock that was ahead: it holds nothing up.
    """
    pause = lease if ladder.pause is None else timedelta(seconds=ladder.pause)
    longest = max(lease, pause) + CLOCKS_APART
    return max((now if at - now > longest else at for at in _written(ladder)), default=None)


def _written(ladder: CircuitState) -> list[datetime]:
    if ladder.state not in (LaneState.FAILING, LaneState.FAILED):
        return []
    return [at for at in (ladder.next_probe_at, ladder.probe_until) if at is not None]


def _rung(rungs: BackoffPolicy, failures: int) -> float:
    # The exponent is bounded: a float overflows long after the longest pause is reached.
    return min(rungs.longest_seconds, rungs.first_seconds * rungs.factor ** min(failures, 64))

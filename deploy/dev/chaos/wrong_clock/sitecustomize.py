"""A clock that can be set: on the path of one process, it shifts the times that Python tells.

By the seconds in the file that SALUR_CHAOS_CLOCK names. The monotonic clock stays right, as where
somebody sets a machine's clock, and so does what C code stamps Kafka's records with.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.contracts.value_objects import to_instant
from shared.runtime.clock import WallClock

_FILE = Path(os.environ["SALUR_CHAOS_CLOCK"])
_REAL_TIME = time.time


def _ahead() -> float:
    return float(_FILE.read_text())


def _now(self: WallClock) -> datetime:
    return to_instant(datetime.now(UTC) + timedelta(seconds=_ahead()))


time.time = lambda: _REAL_TIME() + _ahead()
WallClock.now = _now  # type: ignore[method-assign]

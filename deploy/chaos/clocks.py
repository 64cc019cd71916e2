"""Wrong clocks: libfaketime before one instance of each service, its offset read from a file.

The monotonic clock stays right, as it does where somebody sets a machine's clock.
"""

from collections.abc import Mapping
from pathlib import Path

WRONG = frozenset({"intake-2", "router-3", "notifier-2", "metrics-2"})
LIBRARY = "libfaketime.so.1"
PLACES = ("/usr/lib", "/usr/local/lib", "/lib")


class Clocks:
    """The clocks that can be set; there are none without libfaketime (Debian: `libfaketime`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = _library()

    @property
    def can_be_set(self) -> bool:
        """Tell whether libfaketime is on this machine."""
        return self._library is not None

    def env(self, instance: str) -> Mapping[str, str]:
        """Return what puts an instance under a clock that can be set; empty for most."""
        if self._library is None or instance not in WRONG:
            return {}
        self.set(instance, 0)
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file(instance)),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, instance: str, seconds: int) -> None:
        """Have an instance's clock go this much ahead, or behind."""
        draft = self._file(instance).with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n")
        draft.rename(self._file(instance))

    def _file(self, instance: str) -> Path:
        return self._folder / f"{instance}.clock"


def _library() -> Path | None:
    found = (path for place in PLACES for path in Path(place).glob(f"**/faketime/{LIBRARY}"))
    return next(found, None)

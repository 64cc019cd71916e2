"""Wrong clocks: one instance of each service asks a clock that can be set while it runs."""

from collections.abc import Mapping
from pathlib import Path

WRONG = frozenset({"intake-2", "router-3", "notifier-2", "metrics-2"})
SHIFTING = Path(__file__).parent / "wrong_clock"


class Clocks:
    """The clocks that can be set; each is a file with the seconds that it goes ahead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def env(self, instance: str) -> Mapping[str, str]:
        """Return what gives an instance a clock that can be set; empty for most."""
        if instance not in WRONG:
            return {}
        self.set(instance, 0)
        return {"PYTHONPATH": str(SHIFTING), "SALUR_CHAOS_CLOCK": str(self._file(instance))}

    def set(self, instance: str, seconds: int) -> None:
        """Have an instance's clock go this much ahead, or behind."""
        draft = self._file(instance).with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n")
        draft.rename(self._file(instance))

    def _file(self, instance: str) -> Path:
        return self._folder / f"{instance}.clock"

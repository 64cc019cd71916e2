"""What the chart holds a copy of: Helm reads no file outside its own folder.

The rules and dashboards of `deploy/cluster/monitoring` are the originals; `salur generate` keeps
the copies equal, and removes none: a copy without its original is named by `strays`.
"""

from collections.abc import Iterator
from pathlib import Path

DEPLOY = Path(__file__).parents[2]
CLUSTER = DEPLOY / "cluster"
MONITORING = CLUSTER / "monitoring"
CHART = CLUSTER / "helm" / "salur"
COPIED = ("rules/*.yaml", "dashboards/*.json")


def copies() -> Iterator[tuple[Path, Path]]:
    """Yield each original with the place of its copy, in order."""
    for pattern in COPIED:
        for original in sorted(MONITORING.glob(pattern)):
            yield original, CHART / "monitoring" / original.relative_to(MONITORING)


def strays() -> list[Path]:
    """Return the copies whose original is gone: remove them."""
    kept = {copy for _, copy in copies()}
    found = {one for pattern in COPIED for one in (CHART / "monitoring").glob(pattern)}
    return sorted(found - kept)

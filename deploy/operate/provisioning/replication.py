"""How many copies must have a record before it counts as written."""

LEAST_IN_SYNC = "min.insync.replicas"
SAFE_COPIES = 3


def least_in_sync(copies: int | None) -> dict[str, str]:
    """Return the configuration of a topic with so many copies; empty below three.

    One copy may be away and writing goes on; with two away it must not.
    """
    return {LEAST_IN_SYNC: str(copies - 1)} if copies and copies >= SAFE_COPIES else {}


def is_loose(copies: int, least: str | None) -> bool:
    """Tell whether too few of a topic's copies must have a record."""
    return copies >= SAFE_COPIES and int(least or 1) < SAFE_COPIES - 1

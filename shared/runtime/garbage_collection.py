"""Python's cyclic collector, for processes that hold much for long and make few cycles.

What a service builds at its start lives until its end: imported code, application, indexes. A full
collection walks all of it, and by default one comes after some 70,000 values that lived a while,
which is a few hundred complaints: a tenth to a fifth of the CPU of intake, notifier and metrics.
"""

import gc

YOUNG = 20_000  # values between two looks for cycles; 700 by default


def collect_seldom() -> None:
    """Look for cycles among new values less often: reading and writing records makes none."""
    gc.set_threshold(YOUNG)


def exempt_living() -> None:
    """Leave out of all further collections what lives now."""
    gc.freeze()

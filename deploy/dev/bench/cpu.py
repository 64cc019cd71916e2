"""The CPU time of another process: user and system of all its threads, on Linux."""

import ctypes
import sys
import time

from deploy.processes import PartFailed

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def require_linux(platform: str = sys.platform) -> None:
    """Raise PartFailed where the system does not tell the CPU time of another process."""
    if platform != "linux":
        raise PartFailed("bench", "only Linux tells the CPU time of another process; use Linux")


def cpu_ns(pid: int) -> int:
    """Return the nanoseconds that a process has used since it began, ended threads included.

    The same sum as `utime + stime` in /proc/<pid>/stat, which counts in steps of 10 ms: too coarse
    for a short run. Raises PartFailed where there is no such process or this is not Linux.
    """
    require_linux()
    clock = ctypes.c_int()
    if _LIBC is None or _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)) != 0:
        raise PartFailed("bench", f"process {pid} has ended while it was measured")
    try:
        return time.clock_gettime_ns(clock.value)
    except OSError as error:
        raise PartFailed("bench", f"process {pid} has ended while it was measured") from error

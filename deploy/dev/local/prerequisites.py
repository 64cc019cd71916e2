"""`python -m <module> --require`: is a part's program here, before anything needs it?"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.processes import PartFailed


def require_main(
    module: str, require: Callable[[], Path], argv: Sequence[str] | None = None
) -> int:
    """Say where a part's program is, or what brings it; the exit code is 0 or 3.

    `require` returns the place, fetching what can be fetched, or raises PartFailed.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--require", action="store_true", required=True, help="find or fetch it")
    parser.parse_args(argv)
    try:
        found = require()
    except PartFailed as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stderr.write(f"{module.rpartition('.')[2]} is at {found}\n")
    return 0

"""Judges a compose file by the Compose specification; no field is unknown.

Reads it from standard input, with its variables and merge keys resolved. Runs in the environment
of the dependency group `deploy`.
"""

import sys

from compose_spec import PyCompose


def main() -> int:
    """Judge standard input; the exit code is 1 where it is no compose file."""
    try:
        PyCompose.from_yaml(sys.stdin.read())
    except ValueError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

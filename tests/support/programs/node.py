"""Node.js and the packages that check our contracts with code of others, for `make test-tools`.

Which ones, and what each must hash to, stands in `tests/tools/node/package-lock.json`. `python -m
tests.support.programs.node --require` fetches them beforehand: exit code 0, or 3 when something is
missing.
"""

import hashlib
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.dev.local.prerequisites import require_main
from deploy.processes import PartFailed

ROOT = Path(__file__).parents[3]
RECIPE = ROOT / "tests" / "tools" / "node"
CACHE = ROOT / ".run" / "node"
FILES = ("package.json", "package-lock.json")
LEAST_NODE = 18  # Debian 12's
VERSION_SECONDS, FETCH_SECONDS = 30.0, 300.0


def require_node() -> Path:
    """Return the program `node` of PATH.

    Raises PartFailed where there is none, or an older one than is needed.
    """
    found = shutil.which("node")
    if found is None or _major(found) < LEAST_NODE:
        reason = f"node {LEAST_NODE} or newer is missing; install Debian's package `nodejs`"
        raise PartFailed("node", reason)
    return Path(found)


def require_packages() -> Path:
    """Return a folder with `node_modules` as the lock file has them, fetching them (55 MB) once.

    Raises PartFailed naming the program that is missing, or with what npm said.
    """
    require_node()
    folder = CACHE / _fingerprint()
    if not folder.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise PartFailed("npm", "npm is missing; install Debian's package `npm`")
        _fetch(npm, folder)
    return folder


def _major(node: str) -> int:
    try:
        done = subprocess.run(
            [node, "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=VERSION_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdecimal() else 0


def _fingerprint() -> str:
    content = b"".join((RECIPE / name).read_bytes() for name in FILES)
    return hashlib.sha256(content).hexdigest()[:16]


def _fetch(npm: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"fetching what {RECIPE.relative_to(ROOT)} pins with npm into {folder}\n")
    with TemporaryDirectory(dir=folder.parent) as made:
        draft = Path(made) / "draft"
        draft.mkdir()
        for name in FILES:
            shutil.copy(RECIPE / name, draft)
        _run_npm(npm, draft)
        try:
            draft.rename(folder)  # whole or not at all: an interrupted download must not be used
        except OSError:
            if not folder.exists():  # otherwise another process was faster
                raise


def _run_npm(npm: str, folder: Path) -> None:
    # Scripts of packages are not run: nothing here needs any, and one of them reports its use.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=FETCH_SECONDS,
    )
    if done.returncode != 0:
        raise PartFailed("npm", "the packages could not be fetched", done.stdout[-2000:])


main = partial(require_main, "tests.support.programs.node", require_packages)


if __name__ == "__main__":
    sys.exit(main())

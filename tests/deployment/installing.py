"""What the Dockerfile says, and the installation that its `uv` commands make.

No image is built: that takes a container engine. What would be in it is put into a folder.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from deploy.dev.generators.tree import CLUSTER, DEPLOY

ROOT = DEPLOY.parent
FILE = CLUSTER / "Dockerfile"
BUILD: Mapping[str, str] = MappingProxyType(
    {
        "UV_COMPILE_BYTECODE": "1",
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",  # a proxy with its own authority
    }
)
# The image's user, as whom a test's processes run where the tests themselves run as root.
USER = 10001
_PYTHONS = (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "cluster", "dev", "subscriber_kit")


def instructions() -> list[str]:
    """Return the Dockerfile's instructions, each on one line, without comments."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return [" ".join(one.split()) for one in text.replace("\\\n", " ").splitlines() if one]


def uv_commands() -> list[list[str]]:
    """Return the Dockerfile's `uv sync` commands, as words."""
    return [shlex.split(line[line.index("uv sync ") :]) for line in _uv_runs()]


def mounted() -> list[str]:
    """Return what the first of them sees of the tree: the rest is copied after it."""
    return re.findall(r"type=bind,source=([^,]+)", _uv_runs()[0])


def _uv_runs() -> list[str]:
    return [line for line in instructions() if line.startswith("RUN") and "uv sync " in line]


def copied() -> list[str]:
    """Return what the Dockerfile copies from the tree."""
    copies = (shlex.split(line) for line in instructions() if line.startswith("COPY"))
    return [word for words in copies if "--from" not in words[1] for word in words[1:-1]]


def user() -> int | None:
    """Return the user of the processes that a test starts; None: whoever runs the tests."""
    return USER if os.geteuid() == 0 else None


def python() -> Path:
    """Return a Python that this user may run, as every user may run the image's own.

    One under root's home is closed to others.
    """
    for path in (Path(name).resolve() for name in _PYTHONS):
        if path.exists() and _runs(path):
            return path
    raise AssertionError(
        f"no Python of {', '.join(_PYTHONS)} is 3.11 or newer and open to user {USER}: "
        "install Debian's python3, or run the tests as another user than root"
    )


def _runs(path: Path) -> bool:
    asked = [str(path), "-c", "import ssl, sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        answer = subprocess.run(asked, user=user(), group=user(), cwd="/", check=False)
    except PermissionError:
        return False
    return answer.returncode == 0


def install(folder: Path) -> Path:
    """Run the Dockerfile's commands on a copy of what they see; return the environment."""
    environment = folder / "app" / ".venv"
    build = {**BUILD, "UV_PYTHON": str(python()), "UV_PROJECT_ENVIRONMENT": str(environment)}
    seen = (mounted(), copied())
    for number, ((program, *words), names) in enumerate(zip(uv_commands(), seen, strict=True)):
        source = folder / str(number)
        source.mkdir()
        for name in names:
            _copy(name, source)
        subprocess.run(
            [ROOT / ".venv" / "bin" / program, *words, "--quiet"],
            cwd=source,
            env={**os.environ, **build},
            check=True,
        )
        shutil.rmtree(source)
    return environment


def _copy(name: str, folder: Path) -> None:
    if (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, folder / name, ignore=_LEFT_OUT)
    else:
        shutil.copy(ROOT / name, folder / name)

"""The runbook's blocks given to a shell whose `kubectl` and `helm` only write down the call."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.generators.tree import DEPLOY
from deploy.operate.provisioning.password_files import PasswordFolder
from deploy.operate.provisioning.service_rights import service_users
from tests.deployment.rendering import SECONDS

PAGE = DEPLOY / "README.md"
BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:kubectl|helm) [^`]+ [^`]+)`")
FUNCTION = re.compile(r"^salur\(\) .*$", re.MULTILINE)
STORED = "c3RvcmVk"  # what a Secret of Strimzi holds
SHIM = f"""#!{sys.executable}
import json, os, sys
words = sys.argv[1:]
takes = any(word == "-f" or word.endswith("=/dev/stdin") for word in words)
given = sys.stdin.read() if takes else ""
with open(os.environ["CALLS"], "a") as file:
    print(json.dumps([os.path.basename(sys.argv[0]), words, given]), file=file)
print("{STORED}" if "get" in words else "manifest")
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program: its words, and what came in by standard input."""

    program: str
    words: tuple[str, ...]
    given: str

    def option(self, *names: str) -> str | None:
        """Return the word after an option, or after its `=`."""
        for at, word in enumerate(self.words):
            name, equals, value = word.partition("=")
            if word in names:
                return self.words[at + 1]
            if equals and name in names:
                return value
        return None

    @property
    def command(self) -> tuple[str, ...]:
        """Return what is run in a pod."""
        return self.words[self.words.index("--") + 1 :] if "--" in self.words else ()


def scripts() -> list[str]:
    """Return every block of the page that calls Kubernetes, and every such command in a line."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = [found[1] for found in BLOCK.findall(text)]
    lines = INLINE.findall(BLOCK.sub("", text))
    return [one for one in (*blocks, *lines) if re.search(r"\b(kubectl|helm) ", one)]


def function() -> str:
    """Return the function `salur`, which the page asks to be put into the shell."""
    (found,) = FUNCTION.findall(PAGE.read_text(encoding="utf-8"))
    return str(found)


def calls(script: str, folder: Path) -> list[Call]:
    """Run a script in an empty folder; return the calls, in order (of a pipe in any)."""
    programs, written = folder / "bin", folder / "calls"
    programs.mkdir(parents=True)
    for name in ("kubectl", "helm"):
        (programs / name).write_text(SHIM)
        (programs / name).chmod(0o700)
    passwords = PasswordFolder(folder / "passwords")
    passwords.draft(service_users(), rotated=frozenset())
    passwords.keep(service_users())
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "CALLS": str(written)}
    done = subprocess.run(
        ["sh", "-eu", "-c", f"{function()}\n{script}"],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,  # a block that reads what nobody gives it ends, and does not hang
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    lines = map(json.loads, written.read_text(encoding="utf-8").splitlines())
    return [Call(program, tuple(words), given) for program, words, given in lines]

"""`salur up`: the whole system on this machine, until Ctrl-C."""

import asyncio
import contextlib
import fcntl
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.dev.signals import terminated_like_interrupted
from deploy.cli.options import Broker, BrokerKind
from deploy.cli.outcome import conclude, say
from deploy.cli.system.topics import read_codes
from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.agencies.institutions import all_codes, supervision
from deploy.operate.keys.keys_and_audit import new_key
from shared.errors import Misconfigured

LOOK_SECONDS = 0.5


def up(
    folder: Annotated[Path, typer.Option(help="for logs, data and the environment")] = Path(".run"),
    *,
    agencies: Annotated[str, typer.Option(help="codes with commas between; all if empty")] = "",
    broker: Broker = BrokerKind.EMBEDDED,
) -> None:
    """Start everything, print where it answers, and stop it all on Ctrl-C or SIGTERM."""
    run = folder.absolute() / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
    codes = read_codes(agencies) or all_codes()
    stack = Stack(StackOptions(run, codes, broker=broker, env=supervision()))
    env_file = folder.absolute() / "env"
    with (
        alone(folder.absolute()),
        contextlib.suppress(KeyboardInterrupt),
        terminated_like_interrupted(),
    ):
        say(f"starting; logs and data in {run}")
        _serve(stack, env_file)


def _serve(stack: Stack, env_file: Path) -> None:
    with stack:
        try:
            env = environment(stack)
            write_private(env_file, env)
            _announce(stack, env_file)
            while True:
                stack.check()
                time.sleep(LOOK_SECONDS)
        finally:
            env_file.unlink(missing_ok=True)
            say("stopping")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, whose `env` is one system's, until this process ends in whatever way.

    Raises:
        Misconfigured: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"a system is running in {folder} already; use it ({folder / 'env'}), end it,"
                " or give this one a folder of its own: --folder NAME"
            ) from None
        yield


def environment(stack: Stack) -> dict[str, str]:
    """Return what points `salur`, or a service, at a running stack, with a new operator's key."""
    key = asyncio.run(new_key(stack.mongo, "operator", "local"))
    return {**stack.env, "SALUR_INTAKE_URL": stack.url("intake"), "SALUR_API_KEY": key}


def write_private(path: Path, env: Mapping[str, str]) -> None:
    """Write the environment for a shell to read; only this user may, since it holds a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # an old file would keep its rights
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in env.items())


def _announce(stack: Stack, env_file: Path) -> None:
    urls = {instance.service: instance.url for instance in stack.instances}
    for service, url in urls.items():
        say(f"{service:10} {url}")
    say(f"{'kafka':10} {stack.broker.url}")
    say(f"{'mongodb':10} {stack.database.url}")
    if stack.is_secured:
        say(f"{'users':10} {stack.passwords.path}: a file each, such as agency-kab-3603.env")
    say(f"in another terminal: set -a; . {shlex.quote(str(env_file))}; set +a")
    salur = as_called(Path(sys.argv[0]))
    say(f"then: {salur} feed FILE, {salur} tail kab-3603, {salur} dead-letters list router")
    say("Ctrl-C stops everything")
    conclude({**urls, "kafka": stack.broker.url, "mongodb": stack.database.url, "env": env_file})


def as_called(called: Path) -> str:
    """Return how to call this program again: `make up` has a path that no shell searches."""
    if called.name != "salur":
        return "salur"
    return os.path.relpath(called) if called.is_relative_to(Path.cwd()) else str(called)

"""`salur run`: one service in the foreground."""

import runpy
from typing import Annotated

import typer

from deploy.operate.dead_letters.reader import known_service


def run(
    service: Annotated[str, typer.Argument(help="intake, router, notifier or metrics")],
) -> None:
    """Run a service until Ctrl-C or SIGTERM; its settings come from the environment."""
    runpy.run_module(f"services.{known_service(service)}", run_name="__main__", alter_sys=True)

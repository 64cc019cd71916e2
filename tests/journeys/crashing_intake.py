"""Intake as it is, but for one thing: it kills itself at a named moment of its first complaint."""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from services.intake import app
from services.intake.settings import IntakeSettings
from services.intake.store import MongoIntakeStore
from shared.runtime.service import run


class Crashing:
    """Passes everything on, and ends the process right after one call."""

    def __init__(self, inner: Any, method: str) -> None:
        self._inner = inner
        self._method = method

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._then_crash(found) if name == self._method else found

    @staticmethod
    def _then_crash(method: Any) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            await method(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        return call


def ports_that_crash(settings: IntakeSettings, moment: str) -> Any:
    """Return the real ports with one of their methods deadly."""
    ports = app._real_ports(settings)
    if moment == "after_produce":
        return replace(ports, publisher=Crashing(ports.publisher, "publish"))
    if moment == "after_contacts":
        store = cast(MongoIntakeStore, ports.store)
        store._contacts = cast(Any, Crashing(store._contacts, "write"))
        return ports
    methods = {
        "after_receipt": "add_receipts",
        "after_vault": "put_vault_rows",
        "after_mark": "acknowledge",
    }
    return replace(ports, store=Crashing(ports.store, methods[moment]))


def main(arguments: Sequence[str]) -> None:
    """Run intake until the moment comes."""
    settings = IntakeSettings()
    http = app.create_app(settings, ports=ports_that_crash(settings, arguments[0]))
    run("intake", http, settings)


if __name__ == "__main__":
    main(sys.argv[1:])

"""A release whose every batch fails: on the path of one process, it breaks the stage's handler."""

from typing import Any, NoReturn

from shared.stage.poison_isolation import PoisonIsolation


async def _fail(self: Any, items: Any) -> NoReturn:
    raise RuntimeError("this release cannot handle a batch")


PoisonIsolation.handle = _fail  # type: ignore[method-assign]

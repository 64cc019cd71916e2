"""The router as it is, but that it waits before it publishes while a file is there."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from services.router import app
from services.router.settings import RouterSettings
from shared.contracts.topics import EVENT
from shared.kafka.publisher import AnyMessage, Publisher
from shared.runtime.service import run


class Holding(Publisher):
    """Keeps events in hand while `hold` exists, and makes `in-hand` beside it."""

    hold: Path

    async def publish(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        """Wait for the file to go, then publish."""
        if any(message.topic == EVENT for message in messages):
            while self.hold.exists():
                self.hold.with_name("in-hand").touch()
                await asyncio.sleep(0.02)
        return await super().publish(messages)


def main(arguments: Sequence[str]) -> None:
    """Run the router; the argument is the file's path."""
    Holding.hold = Path(arguments[0])
    app.Publisher = Holding  # type: ignore[attr-defined]
    settings = RouterSettings()
    run("router", app.create_app(settings), settings)


if __name__ == "__main__":
    main(sys.argv[1:])

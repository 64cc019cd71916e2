"""A service that cannot start says why, but not what somebody wrote."""

import asyncio
import gc
import logging

import pytest

from shared.component import Component
from shared.errors import Misconfigured
from shared.service import Service, create_http
from shared.telemetry import Telemetry


class Broken(Component):
    """Fails to start, once and for all."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.tried = asyncio.Event()

    async def start(self) -> None:
        self.tried.set()
        raise self._error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Misconfigured("NOTIFIER_SMTP__SENDER is missing"), "NOTIFIER_SMTP__SENDER is missing"),
        (ValueError("Siti Kemuning"), "ValueError"),
    ],
    ids=["on purpose", "a mistake"],
)
async def test_why_a_start_failed_is_logged_and_nobodys_words(
    caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    part = Broken(error)
    http = create_http(Service("intake", Telemetry(), [part]))

    with caplog.at_level(logging.DEBUG):
        async with http.router.lifespan_context(http):
            await asyncio.wait_for(part.tried.wait(), 10)
            await asyncio.sleep(0)  # the task ends, and its callbacks run
            await asyncio.sleep(0)
        gc.collect()

    assert said in caplog.text
    assert "Siti Kemuning" not in caplog.text

"""Sends a delivery to an endpoint, signed by Standard Webhooks.

Neither a URL nor a secret leaves this module, by log or by exception.
"""

import time
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from services.notifier.domain.deliveries import Delivery
from services.notifier.domain.outcomes import Outcome, Reply
from shared.component import Component
from shared.endpoints import Endpoint

USER_AGENT = "Salur/0.1"
MOST_OF_A_REPLY = 1024


class Sender(Protocol):
    """Makes one attempt; whatever goes wrong comes back as a reply, never as an exception."""

    async def send(self, endpoint: Endpoint, row: Delivery, at: datetime) -> Reply:
        """Send a row, signed with the instant `at`."""
        ...


class WebhookSender(Component):
    """One HTTP session for all endpoints; redirects are not followed, replies are not read."""

    def __init__(self, *, request_seconds: float) -> None:
        self._timeout = ClientTimeout(total=request_seconds)
        self._session: ClientSession | None = None

    async def start(self) -> None:
        """Open the session."""
        self._session = ClientSession(
            # No limit here: lanes have theirs, and one endpoint must not use up another's share.
            connector=TCPConnector(limit=0),
            timeout=self._timeout,
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            headers={"user-agent": USER_AGENT, "content-type": "application/json"},
        )

    async def stop(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, endpoint: Endpoint, row: Delivery, at: datetime) -> Reply:
        """Send a row; the reply's seconds are those of the whole attempt."""
        started = time.monotonic()
        reply = await self._attempt(endpoint, row, at)
        return replace(reply, seconds=time.monotonic() - started)

    async def _attempt(self, endpoint: Endpoint, row: Delivery, at: datetime) -> Reply:
        if self._session is None:
            return Reply(failure=Outcome.UNREACHABLE)
        try:
            headers = signed_headers(endpoint, row, at)
            async with self._session.post(
                endpoint.url, data=row.body.encode(), headers=headers, allow_redirects=False
            ) as response:
                await _discard(response)
                return Reply(response.status, retry_after=response.headers.get("retry-after"))
        except TimeoutError:
            return Reply(failure=Outcome.TIMED_OUT)
        except (ClientError, OSError):
            # Before ValueError: aiohttp's InvalidURL is both, and is about the endpoint too.
            return Reply(failure=Outcome.UNREACHABLE)
        except (ValueError, EmptyWebhookSecretError):
            return Reply(failure=Outcome.UNUSABLE)


def signed_headers(endpoint: Endpoint, row: Delivery, at: datetime) -> dict[str, str]:
    """Return the three headers of Standard Webhooks; ValueError if the secret is no base64."""
    webhook = Webhook(endpoint.secret.get_secret_value())
    return {
        "webhook-id": row.ce_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhook.sign(row.ce_id, at, row.body),
    }


async def _discard(response: ClientResponse) -> None:
    """Read a short reply to its end, so that the connection serves again; cut a long one off.

    The status has been said: a body that breaks off or hangs changes nothing.
    """
    left = MOST_OF_A_REPLY
    try:
        while left > 0 and (chunk := await response.content.read(left)):
            left -= len(chunk)
    except (ClientError, OSError, TimeoutError):
        left = 0
    if left <= 0:
        response.close()

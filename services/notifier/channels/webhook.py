"""Sends a delivery to an institution's webhook, signed by Standard Webhooks.

Neither a URL nor a secret leaves this module, by log or by exception.
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from ssl import SSLContext
from typing import Any, Protocol

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome
from services.notifier.domain.messages.body_templates import rendered
from shared.contracts.subscriptions import Endpoint, EndpointKind
from shared.http.public_addresses import is_public
from shared.runtime.component import Component
from shared.runtime.tls import untrusted_reason
from shared.telemetry.tracing import TRACEPARENT

USER_AGENT = "Salur/0.1"
MOST_OF_A_REPLY = 1024


class Sender(Protocol):
    """Makes one attempt; whatever goes wrong comes back as a reply, never as an exception."""

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> ChannelReply:
        """Send a row, signed with the instant `at`."""
        ...


class EndpointSender(Protocol):
    """A sender for the endpoints of one kind."""

    async def send(self, endpoint: Endpoint, row: Delivery, at: datetime) -> ChannelReply:
        """Send a row, signed with the instant `at`."""
        ...


class ForbiddenAddress(OSError):
    """An address inside the government's own network, or of no host at all."""


class Senders:
    """A sender for each kind of destination: endpoints by kind, ways to reporters by id."""

    def __init__(
        self, kinds: Mapping[EndpointKind, EndpointSender], ways: Mapping[str, Sender]
    ) -> None:
        self._kinds = kinds
        self._ways = ways

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> ChannelReply:
        """Send a row the way that its destination wants."""
        if not isinstance(destination, Endpoint):
            return await self._ways[destination.endpoint_id].send(destination, row, at)
        return await self._kinds[destination.kind].send(destination, row, at)


class WebhookSender(Component):
    """One HTTP session for all endpoints; redirects are not followed, replies are not read.

    Every address is looked at when the socket to it is made: after all names are resolved, with
    nothing between the look and the connection that could change it. `allow_private` switches
    that off.

    Names are asked for by c-ares, which reads the machine's file of hosts and its name servers
    as the system does, but without a thread per name: those that hang hold up no others.
    """

    def __init__(
        self,
        *,
        request_seconds: float,
        allow_private: bool,
        resolver: AbstractResolver | None = None,
        trust: SSLContext | None = None,
    ) -> None:
        self._trust = trust
        self._timeout = ClientTimeout(total=request_seconds)
        self._socket_factory = None if allow_private else public_socket
        self._resolver = resolver
        self._session: ClientSession | None = None

    async def start(self) -> None:
        """Open the session."""
        self._resolver = self._resolver or AsyncResolver()
        # No limit here: lanes have theirs, and one endpoint must not use up another's share.
        connector = TCPConnector(
            limit=0,
            socket_factory=self._socket_factory,
            resolver=self._resolver,
            ssl=self._trust or True,
        )
        self._session = ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            headers={"user-agent": USER_AGENT, "content-type": "application/json"},
        )

    async def stop(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        resolver, self._resolver = self._resolver, None
        if session is not None:
            await session.close()
        if resolver is not None:
            await resolver.close()

    async def send(self, endpoint: Endpoint, row: Delivery, at: datetime) -> ChannelReply:
        """Send a row; the reply's seconds are those of the whole attempt."""
        started = time.monotonic()
        reply = await self._attempt(endpoint, row, at)
        return replace(reply, seconds=time.monotonic() - started)

    async def _attempt(self, endpoint: Endpoint, row: Delivery, at: datetime) -> ChannelReply:
        if self._session is None:
            return ChannelReply(failure=DeliveryOutcome.UNREACHABLE)
        try:
            body = body_for(endpoint, row)
            async with self._session.post(
                endpoint.url,
                data=body.encode(),
                headers=signed_headers(endpoint, row, at, body=body) | _traced(row),
                allow_redirects=False,
            ) as response:
                await _discard(response)
                return ChannelReply(
                    response.status, retry_after=response.headers.get("retry-after")
                )
        except TimeoutError:
            return ChannelReply(failure=DeliveryOutcome.TIMED_OUT)
        except (ClientError, OSError) as error:
            # Before ValueError: aiohttp's InvalidURL is both, and is about the endpoint too.
            return ChannelReply(failure=_failure(error))
        except (ValueError, EmptyWebhookSecretError):
            return ChannelReply(failure=DeliveryOutcome.UNUSABLE)


def body_for(endpoint: Endpoint, row: Delivery) -> str:
    """Return the bytes that are signed, as text.

    A template is filled in when a row is sent, not when it is made: what was rejected because of
    a mistake in it goes out rightly when it is replayed.

    Raises:
        ValueError: the template is no JSON.
    """
    return row.body if endpoint.template is None else rendered(endpoint.template, row.body)


def signed_headers(endpoint: Endpoint, row: Delivery, at: datetime, *, body: str) -> dict[str, str]:
    """Return the three headers of Standard Webhooks, with a signature for each live secret.

    Raises:
        ValueError: there is no secret, or one is no base64.
    """
    if not endpoint.secrets:
        raise ValueError("an endpoint without a secret")
    signatures = [
        Webhook(secret.get_secret_value()).sign(row.ce_id, at, body) for secret in endpoint.secrets
    ]
    return {
        "webhook-id": row.ce_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _traced(row: Delivery) -> dict[str, str]:
    return {} if row.trace is None else {TRACEPARENT: row.trace}


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket for an address that `getaddrinfo` gave.

    Raises:
        ForbiddenAddress: the address is not public.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        # Every such refusal has the same text, so that aiohttp keeps its type over many addresses.
        raise ForbiddenAddress("not a public address")
    return socket.socket(family, kind, protocol)


def _failure(error: Exception) -> DeliveryOutcome:
    if untrusted_reason(error):
        return DeliveryOutcome.UNTRUSTED
    cause = error.os_error if isinstance(error, ClientConnectorError) else error
    forbidden = isinstance(cause, ForbiddenAddress)
    return DeliveryOutcome.FORBIDDEN_ADDRESS if forbidden else DeliveryOutcome.UNREACHABLE


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

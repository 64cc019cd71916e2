"""Sends an SMS through a gateway that is described as an HTTP request.

Neither a number, a text, a URL nor a header leaves this module, by log or by exception.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ssl import SSLContext
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome
from services.notifier.reporter_settings import SmsSettings
from shared.runtime.component import Component
from shared.runtime.tls import untrusted_reason

# The gateway does not take us: no message is at fault, and all would be lost by going on.
_OUR_SETTINGS = frozenset({401, 402, 403, 404, 405, 410})
_PLACE = re.compile(r"\{(to|text|id)\}")


@dataclass(frozen=True, slots=True)
class Sms:
    """One SMS; the same id in every repeat of it."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    message_id: str


class SmsGateway(Component):
    """One HTTP session; redirects are not followed, replies are not read."""

    def __init__(
        self, settings: SmsSettings, *, request_seconds: float, trust: SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._trust = trust
        self._timeout = ClientTimeout(total=request_seconds)
        self._session: ClientSession | None = None

    async def start(self) -> None:
        """Open the session."""
        self._session = ClientSession(
            connector=TCPConnector(ssl=self._trust or True),
            timeout=self._timeout,
            cookie_jar=DummyCookieJar(),
        )

    async def stop(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, sms: Sms) -> ChannelReply:
        """Send an SMS; whatever goes wrong comes back as a reply."""
        started = time.monotonic()
        reply = await self._attempt(sms)
        return replace(reply, seconds=time.monotonic() - started)

    async def _attempt(self, sms: Sms) -> ChannelReply:
        if self._session is None:
            return ChannelReply(failure=DeliveryOutcome.UNREACHABLE)
        settings = self._settings
        try:
            async with self._session.request(
                settings.method,
                URL(url_of(settings, sms), encoded=True),
                data=None if settings.method == "GET" else body_of(settings, sms).encode(),
                headers=_headers(settings, sms),
                allow_redirects=False,
            ) as response:
                return reply_of(response.status, response.headers.get("retry-after"))
        except TimeoutError:
            return ChannelReply(failure=DeliveryOutcome.TIMED_OUT)
        except (ClientError, OSError) as error:
            away = (
                DeliveryOutcome.UNTRUSTED
                if untrusted_reason(error)
                else DeliveryOutcome.UNREACHABLE
            )
            return ChannelReply(failure=away)
        except (ValueError, TypeError):
            return ChannelReply(failure=DeliveryOutcome.UNUSABLE)


def reply_of(status: int, retry_after: str | None) -> ChannelReply:
    """Return what a gateway's status says, judged like an endpoint's but for wrong settings."""
    if status in _OUR_SETTINGS:
        return ChannelReply(failure=DeliveryOutcome.UNUSABLE)
    return ChannelReply(status, retry_after=retry_after)


def url_of(settings: SmsSettings, sms: Sms) -> str:
    """Return the gateway's URL, filled in."""
    return _filled(settings.url.get_secret_value(), sms, _percent_encoded)


def body_of(settings: SmsSettings, sms: Sms) -> str:
    """Return the request's body, filled in as its content type needs it."""
    kind = settings.content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return _filled(settings.body, sms, _in_json)
    if kind == "application/x-www-form-urlencoded":
        return _filled(settings.body, sms, _percent_encoded)
    return _filled(settings.body, sms, str)


def _filled(template: str, sms: Sms, escape: Callable[[str], str]) -> str:
    # In one pass: what is filled in is not looked at again.
    values = {"to": sms.to, "text": sms.text, "id": sms.message_id}
    return _PLACE.sub(lambda place: escape(values[place[1]]), template)


def _headers(settings: SmsSettings, sms: Sms) -> dict[str, str]:
    given = {name.lower(): value.get_secret_value() for name, value in settings.headers.items()}
    own = {"content-type": settings.content_type, "idempotency-key": sms.message_id}
    return {**own, **given}


def _percent_encoded(text: str) -> str:
    return quote(text, safe="")


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]

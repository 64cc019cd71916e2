"""What an endpoint's answer means: for the delivery, and for the endpoint.

2xx is delivered. 410 disables the endpoint. 401, 403, 404 and 405 would be said to any delivery;
like 408, 425, 429, 5xx, a redirect and no answer at all they are the endpoint's trouble, so the
ladder takes over. Any other 4xx is about this delivery alone, until it is said so often in a row
that it cannot be (`MOST_REJECTIONS`); so are `deferred` (of a mail server, about a recipient) and
`capped`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

MOST_REJECTIONS = 5  # by one endpoint in a row: then it is the endpoint that is unwell


class DeliveryOutcome(StrEnum):
    """What came of one attempt: the label of the metric, and the row's last outcome."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    DEFERRED = "deferred"  # not this one, not now
    CAPPED = "capped"  # its contact has had enough for the day: not sent
    GONE = "gone"
    DENIED = "denied"  # it knows neither us nor its own URL: its settings are wrong
    THROTTLED = "throttled"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"  # no authority that we trust has signed its certificate
    FORBIDDEN_ADDRESS = "forbidden_address"  # inside a network that nobody may be led into
    REDIRECTED = "redirected"
    SERVER_ERROR = "server_error"
    UNUSABLE = "unusable"  # its URL or its secret cannot be used


@dataclass(frozen=True, slots=True)
class ChannelReply:
    """What a sender brought back: a status, or the reason why there is none."""

    status: int | None = None
    failure: DeliveryOutcome | None = None
    retry_after: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The endpoint took it."""

    outcome: DeliveryOutcome = DeliveryOutcome.DELIVERED


@dataclass(frozen=True, slots=True)
class Rejected:
    """The endpoint is well and refuses this delivery."""

    outcome: DeliveryOutcome = DeliveryOutcome.REJECTED


@dataclass(frozen=True, slots=True)
class Later:
    """The endpoint is well and wants this delivery later: whom it is for cannot take it now."""

    outcome: DeliveryOutcome = DeliveryOutcome.DEFERRED


@dataclass(frozen=True, slots=True)
class Gone:
    """The endpoint wants nothing any more (410)."""

    outcome: DeliveryOutcome = DeliveryOutcome.GONE


@dataclass(frozen=True, slots=True)
class Failing:
    """The endpoint is in trouble; it asked for `pause` seconds of peace, 0 if it said nothing."""

    outcome: DeliveryOutcome
    pause: float = 0.0


_ENDPOINTS_TROUBLE: Mapping[int, DeliveryOutcome] = {
    **dict.fromkeys((401, 403, 404, 405), DeliveryOutcome.DENIED),
    408: DeliveryOutcome.TIMED_OUT,
    **dict.fromkeys((425, 429), DeliveryOutcome.THROTTLED),
}
AnswerMeaning = Delivered | Rejected | Later | Gone | Failing
_ABOUT_THE_DELIVERY: Mapping[DeliveryOutcome, AnswerMeaning] = {
    DeliveryOutcome.DEFERRED: Later(),
    DeliveryOutcome.CAPPED: Rejected(DeliveryOutcome.CAPPED),
}


def judge(reply: ChannelReply, now: datetime) -> AnswerMeaning:
    """Return what a reply means."""
    if reply.status is None:
        failure = reply.failure or DeliveryOutcome.UNREACHABLE
        return _ABOUT_THE_DELIVERY.get(failure) or Failing(failure)
    if 200 <= reply.status < 300:
        return Delivered()
    if reply.status == 410:
        return Gone()
    if reply.status in _ENDPOINTS_TROUBLE:
        outcome = _ENDPOINTS_TROUBLE[reply.status]
        return Failing(outcome, asked_pause(reply.retry_after, now))
    if 400 <= reply.status < 500:
        return Rejected()
    outcome = (
        DeliveryOutcome.REDIRECTED if 300 <= reply.status < 400 else DeliveryOutcome.SERVER_ERROR
    )
    return Failing(outcome, asked_pause(reply.retry_after, now))


def asked_pause(retry_after: str | None, now: datetime) -> float:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110); 0 if it is unusable."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        wanted = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a number that no date can hold is the second
        return 0.0
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    return max(0.0, (wanted - now).total_seconds())

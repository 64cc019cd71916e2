"""One attempt over real HTTP: every way it can end comes back as a reply."""

import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from deploy.processes import free_port
from services.notifier.channels.webhook import (
    ForbiddenAddress,
    WebhookSender,
    public_socket,
    signed_headers,
)
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from tests.notifier.events import ROW, SECRET, endpoint
from tests.notifier.receiver import Receiver

NOW = datetime.now(UTC)
NEWER = "whsec_" + "bmV3ZXI" * 4


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    sender = WebhookSender(request_seconds=0.3, allow_private=True)
    await sender.start()
    yield sender
    await sender.stop()


async def test_the_body_arrives_byte_for_byte(sender: WebhookSender, receiver: Receiver) -> None:
    reply = await sender.send(endpoint(url=receiver.url), ROW, NOW)

    assert reply.status == 200
    assert receiver.hits[0].body == ROW.body.encode()
    assert receiver.hits[0].headers["webhook-timestamp"] == str(int(NOW.timestamp()))


async def test_a_redirect_is_not_followed(sender: WebhookSender, receiver: Receiver) -> None:
    receiver.answers["/old"] = lambda _: 307
    receiver.headers = {"location": f"{receiver.url}/new"}

    reply = await sender.send(endpoint(url=f"{receiver.url}/old"), ROW, NOW)

    assert reply.status == 307
    assert receiver.of("/new") == []


async def test_an_endpoint_that_hangs_times_out(sender: WebhookSender, receiver: Receiver) -> None:
    receiver.answers["/"] = lambda _: None

    reply = await sender.send(endpoint(url=receiver.url), ROW, NOW)

    assert (reply.status, reply.failure) == (None, DeliveryOutcome.TIMED_OUT)
    assert 0.2 < reply.seconds < 5


@pytest.mark.parametrize("size", [0, 10, 1024, 5_000_000])
async def test_a_reply_of_any_length_does_no_harm(
    sender: WebhookSender, receiver: Receiver, *, size: int
) -> None:
    receiver.reply = b"x" * size

    replies = [await sender.send(endpoint(url=receiver.url), ROW, NOW) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]


async def test_what_the_endpoint_asks_for_is_passed_on(
    sender: WebhookSender, receiver: Receiver
) -> None:
    receiver.answers["/"] = lambda _: 429
    receiver.headers = {"Retry-After": "17"}

    reply = await sender.send(endpoint(url=receiver.url), ROW, NOW)

    assert (reply.status, reply.retry_after) == (429, "17")


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("http://127.0.0.1:{free}/", DeliveryOutcome.UNREACHABLE),
        ("http://nowhere.invalid/", DeliveryOutcome.UNREACHABLE),
        ("http://", DeliveryOutcome.UNREACHABLE),
        ("gopher://127.0.0.1/", DeliveryOutcome.UNREACHABLE),
    ],
)
async def test_an_endpoint_that_is_not_there_is_unreachable(
    sender: WebhookSender, url: str, failure: DeliveryOutcome
) -> None:
    reply = await sender.send(endpoint(url=url.format(free=free_port())), ROW, NOW)

    assert (reply.status, reply.failure) == (None, failure)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_é", "whsec_a"])
async def test_a_secret_that_cannot_sign_sends_nothing(
    sender: WebhookSender, receiver: Receiver, *, secret: str
) -> None:
    reply = await sender.send(endpoint(url=receiver.url, secrets=[secret]), ROW, NOW)

    assert reply.failure is DeliveryOutcome.UNUSABLE
    assert receiver.hits == []


async def test_a_sender_that_is_stopped_reaches_nobody(receiver: Receiver) -> None:
    reply = await WebhookSender(request_seconds=1, allow_private=True).send(
        endpoint(url=receiver.url), ROW, NOW
    )

    assert reply.failure is DeliveryOutcome.UNREACHABLE


async def test_every_live_secret_signs_newest_first(
    sender: WebhookSender, receiver: Receiver
) -> None:
    rotating = endpoint(url=receiver.url, secrets=[NEWER, SECRET])

    await sender.send(rotating, ROW, datetime.now(UTC))

    (hit,) = receiver.hits
    signatures = hit.headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    for secret, signature in zip((NEWER, SECRET), signatures, strict=True):
        assert Webhook(secret).verify(hit.body, hit.headers)
        alone = hit.headers | {"webhook-signature": signature}
        assert Webhook(secret).verify(hit.body, alone)


def test_a_secret_that_was_dropped_signs_no_more() -> None:
    headers = signed_headers(endpoint(secrets=[NEWER]), ROW, NOW, body=ROW.body)

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(ROW.body, headers)


async def test_a_template_is_signed_as_it_is_sent(
    sender: WebhookSender, receiver: Receiver
) -> None:
    chat = endpoint(url=receiver.url, template='{"msg": {"text": "Laporan {number}"}}')
    row = replace(ROW, body='{"type":"t","timestamp":"x","data":{"number":"7F3K"}}')

    await sender.send(chat, row, datetime.now(UTC))

    (hit,) = receiver.hits
    assert json.loads(hit.body) == {"msg": {"text": "Laporan 7F3K"}}
    assert Webhook(SECRET).verify(hit.body, hit.headers)
    assert hit.headers["content-type"] == "application/json"


async def test_a_template_that_is_no_json_sends_nothing(
    sender: WebhookSender, receiver: Receiver
) -> None:
    reply = await sender.send(endpoint(url=receiver.url, template="{"), ROW, NOW)

    assert reply.failure is DeliveryOutcome.UNUSABLE
    assert receiver.hits == []


@pytest.fixture
async def guarded() -> AsyncIterator[WebhookSender]:
    """Return a sender as it is in production: public addresses alone."""
    sender = WebhookSender(request_seconds=2, allow_private=False)
    await sender.start()
    yield sender
    await sender.stop()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",  # resolved first, then refused
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
    ],
)
async def test_an_address_that_is_not_public_is_never_connected_to(
    guarded: WebhookSender, receiver: Receiver, *, host: str
) -> None:
    port = receiver.url.rpartition(":")[2]

    reply = await guarded.send(endpoint(url=f"http://{host}:{port}/"), ROW, NOW)

    assert (reply.status, reply.failure) == (None, DeliveryOutcome.FORBIDDEN_ADDRESS)
    assert receiver.hits == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1", "0177.0.0.1"])
async def test_other_spellings_of_an_address_lead_nowhere(
    guarded: WebhookSender, receiver: Receiver, *, host: str
) -> None:
    port = receiver.url.rpartition(":")[2]

    reply = await guarded.send(endpoint(url=f"http://{host}:{port}/"), ROW, NOW)

    assert reply.failure in (DeliveryOutcome.FORBIDDEN_ADDRESS, DeliveryOutcome.UNREACHABLE)
    assert receiver.hits == []


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, ("93.184.215.14", 443)), (socket.AF_INET6, ("2606:4700::1111", 443, 0, 0))],
)
def test_a_public_address_gets_its_socket(
    family: socket.AddressFamily, address: tuple[str, int]
) -> None:
    with public_socket((family, socket.SOCK_STREAM, 6, "", address)) as made:
        assert made.family is family


def test_a_socket_is_refused_without_naming_the_address() -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)))

    assert "10.0.0.1" not in str(caught.value)

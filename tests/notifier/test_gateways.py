"""One attempt over real HTTP: every way it can end comes back as a reply."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from deploy.local.process import free_port
from services.notifier.domain.deliveries import Delivery
from services.notifier.domain.outcomes import Outcome
from services.notifier.gateways import WebhookSender
from tests.builders import START, complaint_id
from tests.notifier.conftest import Receiver, endpoint

ROW = Delivery(
    delivery_id="one:e",
    ce_id="one",
    endpoint_id="e",
    agency="kab-1",
    complaint_id=complaint_id("one"),
    seq=1,
    source="agency-kab-1/0",
    offset=0,
    created=START,
    due=START,
    body='{"type":"é"}',
)
NOW = datetime.now(UTC)


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    sender = WebhookSender(request_seconds=0.3)
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

    assert (reply.status, reply.failure) == (None, Outcome.TIMED_OUT)
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
        (f"http://127.0.0.1:{free_port()}/", Outcome.UNREACHABLE),
        ("http://nowhere.invalid/", Outcome.UNREACHABLE),
        ("http://", Outcome.UNREACHABLE),
        ("gopher://127.0.0.1/", Outcome.UNREACHABLE),
    ],
)
async def test_an_endpoint_that_is_not_there_is_unreachable(
    sender: WebhookSender, url: str, failure: Outcome
) -> None:
    reply = await sender.send(endpoint(url=url), ROW, NOW)

    assert (reply.status, reply.failure) == (None, failure)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_é", "whsec_a"])
async def test_a_secret_that_cannot_sign_sends_nothing(
    sender: WebhookSender, receiver: Receiver, *, secret: str
) -> None:
    reply = await sender.send(endpoint(url=receiver.url, secret=secret), ROW, NOW)

    assert reply.failure is Outcome.UNUSABLE
    assert receiver.hits == []


async def test_a_sender_that_is_stopped_reaches_nobody(receiver: Receiver) -> None:
    reply = await WebhookSender(request_seconds=1).send(endpoint(url=receiver.url), ROW, NOW)

    assert reply.failure is Outcome.UNREACHABLE

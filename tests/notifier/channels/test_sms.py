"""The SMS gateway as an HTTP template, against a receiver on the loopback."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr, ValidationError

from services.notifier.channels.sms import Sms, SmsGateway, body_of, url_of
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.reporter_settings import SmsSettings
from services.notifier.settings import NotifierSettings
from tests.notifier.receiver import Receiver
from tests.support.builders import VAULT_KEYS

PATIENCE = 3.0  # seconds for an answer: a busy machine takes its time
SMS = Sms("+6281234567890", 'Laporan "1" {to} & selesai', "id-1")


def settings(url: str = "https://sms.example/send", **changes: Any) -> SmsSettings:
    return SmsSettings(url=SecretStr(url), **changes)


@pytest.fixture
async def gateway(receiver: Receiver) -> AsyncIterator[SmsGateway]:
    headers = {"Authorization": SecretStr("Bearer geheim")}
    made = SmsGateway(settings(f"{receiver.url}/sms", headers=headers), request_seconds=PATIENCE)
    await made.start()
    yield made
    await made.stop()


async def test_the_gateway_gets_number_text_and_id(gateway: SmsGateway, receiver: Receiver) -> None:
    reply = await gateway.send(SMS)

    (hit,) = receiver.hits
    assert reply.status == 200
    assert json.loads(hit.body) == {"to": SMS.to, "text": SMS.text, "id": "id-1"}
    assert hit.headers["authorization"] == "Bearer geheim"
    assert hit.headers["idempotency-key"] == "id-1"
    assert hit.headers["content-type"] == "application/json"


def test_a_form_is_percent_encoded_and_filled_in_once() -> None:
    form = settings(
        content_type="application/x-www-form-urlencoded", body="msisdn={to}&msg={text}&ref={id}"
    )

    body = body_of(form, SMS)

    assert parse_qs(body) == {"msisdn": [SMS.to], "msg": [SMS.text], "ref": ["id-1"]}


def test_a_url_and_a_plain_text_can_hold_it_too() -> None:
    plain = settings(
        "https://sms.example/?to={to}&text={text}", content_type="text/plain", body="{text}"
    )

    assert url_of(plain, SMS).startswith("https://sms.example/?to=%2B6281234567890&text=Laporan%20")
    assert body_of(plain, SMS) == SMS.text


async def test_a_url_is_sent_as_it_was_filled_in(receiver: Receiver) -> None:
    by_url = settings(receiver.url + "/get?to={to}&text={text}", method="GET")
    gateway = SmsGateway(by_url, request_seconds=1)
    await gateway.start()

    reply = await gateway.send(SMS)
    await gateway.stop()

    assert reply.status == 200
    assert [hit.body for hit in receiver.of("/get")] == [b""]


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 410])
async def test_a_gateway_that_does_not_take_us_is_trouble_and_loses_no_message(
    gateway: SmsGateway, receiver: Receiver, status: int
) -> None:
    receiver.answers["/sms"] = lambda _: status

    assert (await gateway.send(SMS)).failure is DeliveryOutcome.UNUSABLE


async def test_other_answers_are_judged_like_an_endpoints(
    gateway: SmsGateway, receiver: Receiver
) -> None:
    receiver.headers["retry-after"] = "7"
    statuses = [202, 422, 429, 500]
    receiver.answers["/sms"] = lambda _: statuses[len(receiver.hits)]
    for status in statuses:
        reply = await gateway.send(SMS)

        assert (reply.status, reply.retry_after) == (status, "7")


async def test_silence_and_absence_are_told_apart(gateway: SmsGateway, receiver: Receiver) -> None:
    receiver.answers["/sms"] = lambda _: None
    assert (await gateway.send(SMS)).failure is DeliveryOutcome.TIMED_OUT
    receiver.released.set()

    away = SmsGateway(settings("http://127.0.0.1:1/sms"), request_seconds=1)
    await away.start()
    assert (await away.send(SMS)).failure is DeliveryOutcome.UNREACHABLE
    await away.stop()
    assert (await away.send(SMS)).failure is DeliveryOutcome.UNREACHABLE


async def test_neither_number_nor_text_nor_secret_is_in_logs_or_in_what_prints(
    gateway: SmsGateway, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers["/sms"] = lambda _: 500

    await gateway.send(SMS)

    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("aiohttp.access")]
    seen = " ".join([*ours, repr(SMS), repr(settings(headers={"x": SecretStr("geheim")}))])
    for secret in ("6281234567890", "selesai", "geheim", "sms.example"):
        assert secret not in seen


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"url": "ftp://sms.example/geheim"}, "NOTIFIER_SMS__URL"),
        ({"url": "https://sms.example/geheim", "body": "{text}"}, "{to}"),
        ({"url": "https://x", "headers": {"a": "geheim\r\nb: c"}}, "NOTIFIER_SMS__HEADERS"),
    ],
)
def test_a_wrong_description_is_refused_without_quoting_it(
    wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        NotifierSettings.model_validate({"sms": wrong})

    assert named in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"contact_keys": "k1:geheim"}, "NOTIFIER_CONTACT_KEYS"),
        ({"tracking_key": "geheim-secret-of-intake"}, "NOTIFIER_TRACKING_KEY"),
        ({"reporters": {"page": "https://" + "x" * 50}}, "NOTIFIER_REPORTERS__PAGE"),
    ],
)
def test_a_wrong_key_or_page_is_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NotifierSettings.model_validate(wrong)

    assert named in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_without_a_way_or_in_scenario_mode_nobody_is_told() -> None:
    smtp = {"host": "mail.example", "sender": "salur@example.id"}
    keys = {"contact_keys": VAULT_KEYS}

    assert not NotifierSettings().tells_reporters
    assert not NotifierSettings.model_validate({"smtp": smtp, "scenario": True}).tells_reporters
    assert NotifierSettings.model_validate({"smtp": smtp, **keys}).tells_reporters
    for_institutions = {"smtp": smtp, "reporters": {"by_email": False}}
    assert not NotifierSettings.model_validate(for_institutions).tells_reporters
    by_sms = {"sms": {"url": "https://x"}}
    assert NotifierSettings.model_validate({**by_sms, **keys}).tells_reporters
    with pytest.raises(ValidationError, match="NOTIFIER_CONTACT_KEYS is missing"):
        NotifierSettings.model_validate(by_sms)

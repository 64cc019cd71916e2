"""Reporters are told, step by step, over real parts: by e-mail and by SMS, each message once.

What is not written anywhere is looked for in everything that was written.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest

from deploy.operate.keys.tracking_keys import notifiers_key
from shared.contracts.topics import EVENT, dead_letter_topic
from shared.database.collections import DELIVERIES
from shared.database.mongo import Mongo
from shared.kafka.envelope import Record
from tests.journeys.conftest import Journey, NewJourney, bearer
from tests.notifier.conftest import receiver  # noqa: F401 — a fixture
from tests.notifier.mailbox import SENDER, Letter, Mailbox
from tests.notifier.receiver import Receiver as Gateway

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]
SECRET = "a-secret-of-intake-for-tests-of-32-characters"
HOLDER = "kab-3603"
EMAIL, PHONE, SENT_TO = "siti@warga.example", "0812-3456-7890", "+6281234567890"
WORDS = "Trotoar ambles setelah hujan"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
async def journey(
    new_journey: NewJourney,
    mailbox: Mailbox,
    receiver: Gateway,  # noqa: F811
) -> Journey:
    return await new_journey(
        env={
            "INTAKE_SECRET": SECRET,
            "NOTIFIER_TRACKING_KEY": notifiers_key(SECRET),
            "NOTIFIER_SMTP__HOST": "127.0.0.1",
            "NOTIFIER_SMTP__PORT": str(mailbox.port),
            "NOTIFIER_SMTP__TLS": "none",
            "NOTIFIER_SMTP__SENDER": SENDER,
            "NOTIFIER_SMS__URL": f"{receiver.url}/sms",
            "NOTIFIER_SMS__HEADERS": '{"Authorization": "Bearer of-the-gateway"}',
            "NOTIFIER_LADDER__FIRST_SECONDS": "0.3",
            "NOTIFIER_LADDER__LONGEST_SECONDS": "1",
            "NOTIFIER_SCAN_SECONDS": "1",
        }
    )


class Report:
    """One report, its reporter, and whoever acts on it."""

    def __init__(self, journey: Journey, told: dict[str, str]) -> None:
        self.journey, self.number, self.code = journey, told["number"], told["tracking_code"]
        self.by_code = {"Tracking-Code": self.code}

    async def act(self, headers: dict[str, str], **action: object) -> None:
        path = f"/v1/complaints/{self.number}/actions"
        own = headers | {"Idempotency-Key": str(uuid4())}
        status, answer = await self.journey.call("POST", path, body=action, headers=own)
        assert status == 202, answer

    async def silence(self, **form: object) -> Any:
        path = f"/v1/complaints/{self.number}/notifications"
        status, answer = await self.journey.call("PUT", path, body=form, headers=self.by_code)
        assert status == 200, answer
        return answer["ways"]


async def report(journey: Journey, **form: object) -> Report:
    """Submit a report that nobody can be found for: it waits in triage."""
    body = {"text": f"{WORDS} nomor {uuid4().hex}."} | form
    status, told = await journey.call("POST", "/v1/complaints", body=body)
    assert status == 202, told
    return Report(journey, told)


def about(mailbox: Mailbox, number: str) -> list[Letter]:
    """Return the letters about a report, in order."""
    return [one for one in mailbox.of(EMAIL) if number in str(one.message["subject"])]


def titles(mailbox: Mailbox, number: str) -> list[str]:
    """Return what the letters about a report say has happened, in order."""
    subjects = (str(letter.message["subject"]) for letter in about(mailbox, number))
    return [subject.rpartition(" / ")[2] for subject in subjects]


def texts(gateway: Gateway, number: str) -> list[str]:
    """Return the SMS about a report, in order."""
    bodies = [json.loads(hit.body) for hit in gateway.of("/sms")]
    assert {body["to"] for body in bodies} <= {SENT_TO}
    return [body["text"] for body in bodies if number in body["text"]]


async def test_a_reporter_hears_each_step_once_and_in_order(
    journey: Journey,
    mailbox: Mailbox,
    receiver: Gateway,  # noqa: F811
    eventually: Eventually,
) -> None:
    siti = {"name": "Siti", "email": EMAIL, "phone": PHONE}
    told = await report(journey, reporter=siti)
    unnamed = await report(journey, reporter=siti, anonymous=True)
    nobody = await report(journey, reporter={"name": "Budi", "email": "budi", "phone": "1708"})
    unwilling = await report(journey, reporter=siti | {"notify": False})
    silenced = await report(journey, reporter=siti)
    officer = bearer(await journey.key("officer", "triage"))
    holder = bearer(await journey.key("agency", HOLDER, HOLDER))

    def is_told(*expected: str) -> Callable[[], bool]:
        return lambda: titles(mailbox, told.number) == list(expected)

    await eventually(is_told("received"), "the first message")
    await eventually(lambda: bool(titles(mailbox, silenced.number)), "the other's first")
    assert await silenced.silence(wanted=False) == []

    await journey.write(EVENT, [(b"key", b"no event", [])])
    every = (told, unnamed, nobody, unwilling, silenced)
    for one in every:
        await one.act(officer, kind="route", institution=HOLDER)
    await eventually(is_told("received", "sent on"), "whom it went to")
    assert "Kabupaten Tangerang" in about(mailbox, told.number)[-1].text

    await mailbox.stop()
    for one in every:
        await one.act(holder, kind="return_to_reporter", text="Mohon sebutkan nama jalannya.")
        await one.act(officer, kind="supplement", text=f"{WORDS} di Jalan Merdeka.")
        await one.act(holder, kind="follow_up", text="Petugas sudah meninjau.")
    await eventually(lambda: len(texts(receiver, told.number)) == 4, "four SMS meanwhile")
    await mailbox.start()
    steps = ["received", "sent on", "more is needed", "followed up"]
    await eventually(is_told(*steps), "what waited for the mail server")
    assert "> Petugas sudah meninjau." in about(mailbox, told.number)[-1].text

    for one in every:
        await one.act(holder, kind="complete", text="Sudah diperbaiki.")
        await one.act(one.by_code, kind="reopen", text=f"{WORDS} lagi.")
        await one.act(officer, kind="archive", reason="withdrawn")
    steps += ["answered", "archived"]
    await eventually(is_told(*steps), "the end")
    await eventually(lambda: len(texts(receiver, told.number)) == 6, "six SMS")

    assert len(mailbox.of(EMAIL)) == len(mailbox.letters) == 7
    codes = [told.code in letter.text for letter in about(mailbox, told.number)]
    assert codes == [True] + [False] * 5
    assert [told.code in text for text in texts(receiver, told.number)] == [True] + [False] * 5
    assert all(len(text) <= 160 for text in texts(receiver, told.number))
    assert titles(mailbox, silenced.number) == ["received"]
    for one in (unnamed, nobody, unwilling):
        assert titles(mailbox, one.number) == texts(receiver, one.number) == []
    assert len({one.message["message-id"] for one in mailbox.letters}) == len(mailbox.letters)
    assert not any(WORDS in letter.text for letter in mailbox.letters)

    written = await journey.raw_records()
    dead = [one.value for one in written if one.topic == dead_letter_topic("notifier")]
    assert dead == [b"no event"]
    await _nothing_is_written_down(journey, every, written)


async def _nothing_is_written_down(
    journey: Journey, reports: Sequence[Report], written: Sequence[Record]
) -> None:
    secrets = [EMAIL, PHONE, SENT_TO, SENT_TO[1:], "of-the-gateway", *(one.code for one in reports)]
    async with Mongo(journey.stack.mongo) as mongo:
        rows = await mongo.private(DELIVERIES).find({})
    assert len(rows) >= 12
    places = {
        "the deliveries": json.dumps(rows, default=str),
        "Kafka": " ".join(
            f"{record.key!r} {record.value!r} {record.headers}" for record in written
        ),
        "the logs": " ".join(log.read_text() for log in journey.stack.options.folder.glob("*.log")),
        "metrics": " ".join(one.get("/metrics")[1] for one in journey.stack.instances),
    }
    for place, text in places.items():
        assert text.strip(), place
        assert not [secret for secret in secrets if secret in text], place
    assert WORDS not in places["the deliveries"]
    assert "salur_reporter_messages_total" in places["metrics"]

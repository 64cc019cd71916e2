"""`POST /v1/complaints`: what is accepted, kept, published and answered."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from services.intake.submit.submission import TITLE_LENGTH
from shared.contracts.events import InputType, Submitted
from shared.contracts.identifiers import complaint_id, complaint_number, read_tracking_code
from tests.intake.conftest import KEY, SECRET, TEXT, IntakeBench, problem_of
from tests.support.builders import START

ID = complaint_id("public", KEY)


def published(intake: IntakeBench) -> list[Submitted]:
    return [Submitted.model_validate_json(sent.value) for sent in intake.publisher.sent]


async def test_a_complaint_is_answered_with_its_names(intake: IntakeBench) -> None:
    answer = await intake.submit()

    told = answer.json()
    assert answer.status_code == 202
    assert told["complaint_id"] == str(ID)
    assert told["number"] == complaint_number(ID)
    assert read_tracking_code(told["tracking_code"]) == told["tracking_code"]
    assert answer.headers["location"] == told["status_url"] == f"/v1/complaints/{told['number']}"


async def test_the_answer_names_the_ways_to_the_reporter_and_never_a_contact(
    intake: IntakeBench,
) -> None:
    reporter = {"email": "siti@warga.example.", "phone": "021-5551234"}
    answer = await intake.submit(reporter=reporter)

    assert (answer.json()["reachable_by"], answer.json()["unusable"]) == (["email"], ["phone"])
    assert "siti" not in answer.text


@pytest.mark.parametrize("form", [{}, {"anonymous": True, "reporter": {"email": "a@b.example"}}])
async def test_of_nobody_no_way_is_named(intake: IntakeBench, form: dict[str, Any]) -> None:
    told = (await intake.submit(**form)).json()

    assert (told["reachable_by"], told["unusable"]) == ([], [])


async def test_the_record_is_keyed_and_named_by_the_complaint(intake: IntakeBench) -> None:
    await intake.accepted()

    (sent,) = intake.publisher.sent
    assert (sent.topic, sent.key, sent.ce_id) == ("complaint-input", str(ID).encode(), str(ID))
    assert (sent.ce_type, sent.ce_source) == (InputType.SUBMITTED, "salur/intake")
    assert sent.ce_time == START
    assert published(intake)[0].complaint.received_at == START


async def test_all_fields_reach_the_record(intake: IntakeBench) -> None:
    form = {
        "type": "aspiration",
        "title": "Jalan rusak",
        "occurred_on": "2026-03-01",
        "place": {"text": "Tigaraksa", "region_code": "36.03", "latitude": -6.2, "longitude": 106},
        "institution": "kab-3603",
        "category": "Infrastruktur",
        "channel": "whatsapp",
        "secret": True,
        "unknown": {"is": "ignored"},
    }

    await intake.accepted(**form)

    record = published(intake)[0].complaint.model_dump(mode="json")
    expected = {name: form[name] for name in form if name not in ("unknown", "place")}
    assert expected.items() <= record.items()
    assert record["place"] == form["place"]


async def test_a_missing_title_becomes_the_first_words(intake: IntakeBench) -> None:
    await intake.accepted(text="kata " * 100)

    title = published(intake)[0].complaint.title
    assert title.startswith("kata kata")
    assert title.endswith("kata…")
    assert len(title) <= TITLE_LENGTH + 1


async def test_a_title_made_of_the_text_never_cuts_through_a_phone(intake: IntakeBench) -> None:
    await intake.accepted(text="x" * (TITLE_LENGTH - 11) + " 0812 3456 7890 mohon dibantu")

    assert "0812" not in published(intake)[0].complaint.title


async def test_identity_in_free_text_stays_in_the_vault(intake: IntakeBench) -> None:
    telling = "Saya 3603011203800001, telepon 0812-3456-7890, siti@contoh.id"
    await intake.accepted(title=telling, text=telling, category=telling, place={"text": telling})

    (sent,) = intake.publisher.sent
    for word in (b"3603011203800001", b"3456", b"siti@"):
        assert word not in sent.value
    kept = intake.store.vault[ID].submission
    assert (kept.title, kept.text, kept.category) == (telling,) * 3
    assert kept.place
    assert kept.place.text == telling


async def test_the_reporter_is_kept_in_the_vault_alone(intake: IntakeBench) -> None:
    reporter = {"name": "Siti Aminah", "phone": "0811", "email": "s@x.id", "address": "Jl. Melati"}
    await intake.accepted(reporter=reporter)

    kept = intake.store.vault[ID].reporter
    assert kept is not None
    assert kept.model_dump(exclude_defaults=True) == reporter
    everything_else = str(intake.publisher.sent) + str(intake.store.receipts)
    assert not any(value in everything_else for value in reporter.values())


async def test_of_an_anonymous_reporter_nothing_is_kept(intake: IntakeBench) -> None:
    await intake.accepted(anonymous=True, reporter={"name": "Siti Aminah", "phone": "0811"})

    assert intake.store.vault[ID].reporter is None
    assert "Aminah" not in str(intake.store.vault) + str(intake.publisher.sent)


async def test_the_tracking_code_is_nowhere_but_in_the_answer(intake: IntakeBench) -> None:
    code = (await intake.accepted())["tracking_code"]

    metrics = (await intake.http.get("/metrics")).text
    everywhere = f"{intake.publisher.sent} {intake.store.receipts} {intake.store.vault} {metrics}"
    assert code not in everywhere


async def test_nothing_is_answered_before_kafka_has_it(intake: IntakeBench) -> None:
    intake.publisher.open.clear()
    waiting = asyncio.create_task(intake.submit())
    while not intake.store.receipts:
        await asyncio.sleep(0)

    assert not waiting.done()

    intake.publisher.open.set()
    assert (await waiting).status_code == 202


async def test_receipt_comes_before_vault_and_vault_before_kafka(intake: IntakeBench) -> None:
    intake.store.away.add("put_vault_rows")
    await intake.submit()

    assert intake.store.asked == ["add_receipts", "put_vault_rows"]
    assert not intake.publisher.sent


async def test_a_text_of_the_greatest_length_is_accepted_even_if_masks_are_longer(
    intake: IntakeBench,
) -> None:
    await intake.accepted(text=("a@b.co " * 7143)[:49_999] + "x")

    assert len(published(intake)[0].complaint.text) == 50_000


async def test_any_key_fits_a_caller_who_has_an_api_key(intake: IntakeBench) -> None:
    headers = await intake.key("gateway", "sms-1708") | {"Idempotency-Key": "pesan/17"}

    answer = await intake.http.post("/v1/complaints", json={"text": TEXT}, headers=headers)

    assert answer.json()["complaint_id"] == str(complaint_id("gateway:sms-1708", "pesan/17"))


async def test_without_a_key_every_request_is_a_new_complaint(intake: IntakeBench) -> None:
    first, second = await intake.submit(key=None), await intake.submit(key=None)

    assert first.json()["complaint_id"] != second.json()["complaint_id"]
    assert len(intake.publisher.sent) == 2


async def test_accepted_complaints_are_counted_by_channel(intake: IntakeBench) -> None:
    await intake.accepted(channel="sms")

    metrics = (await intake.http.get("/metrics")).text
    assert 'salur_complaints_accepted_total{channel="sms"} 1.0' in metrics
    assert 'salur_http_requests_total{door="/v1/complaints",status="202"} 1.0' in metrics


async def test_the_bodies_and_answers_stand_in_openapi(intake: IntakeBench) -> None:
    document = (await intake.http.get("/openapi.json")).json()

    submit = document["paths"]["/v1/complaints"]["post"]
    schema = submit["requestBody"]["content"]["application/json"]["schema"]
    assert {"text", "place", "reporter"} <= set(schema["properties"])
    assert {"202", "400", "413", "422", "503"} <= set(submit["responses"])
    assert "$defs" not in json.dumps(document)
    assert "application/x-ndjson" in json.dumps(document["paths"]["/v1/complaints:batch"])


# Something is away


@pytest.mark.parametrize("method", ["add_receipts", "renew_receipt", "put_vault_rows"])
async def test_nothing_is_accepted_while_the_database_is_away(
    intake: IntakeBench, method: str
) -> None:
    if method == "renew_receipt":
        intake.store.away.add("put_vault_rows")
        await intake.submit()
    intake.store.away = {method}

    answer = await intake.submit()

    problem_of(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert not intake.publisher.sent


async def test_nothing_is_accepted_while_kafka_is_away(intake: IntakeBench) -> None:
    intake.publisher.is_away = True

    answer = await intake.submit()

    problem_of(answer, 503, "unavailable")
    assert answer.headers["retry-after"]
    assert not intake.store.receipts[ID].acknowledged

    intake.publisher.is_away = False
    assert (await intake.submit()).status_code == 202
    assert len(intake.publisher.sent) == 1


async def test_nothing_is_accepted_without_the_topic(intake: IntakeBench) -> None:
    intake.publisher.has_topic = False

    problem_of(await intake.submit(), 503, "unavailable")


async def test_the_wait_for_kafka_is_bounded(intake: IntakeBench) -> None:
    intake.restart(answer_seconds=0.05)
    intake.publisher.open.clear()

    problem_of(await intake.submit(), 503, "unavailable")

    intake.publisher.open.set()
    assert (await intake.submit()).status_code == 202
    await intake.app.state.reception.stop()
    assert {sent.ce_id for sent in intake.publisher.sent} == {str(ID)}


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_nobody_is_told_202_before_it_is_marked(
    intake: IntakeBench, is_restarted: bool
) -> None:
    intake.store.away.add("acknowledge")
    for _ in range(2):
        problem_of(await intake.submit(), 503, "unavailable")

    intake.store.away.clear()
    if is_restarted:
        intake.restart()

    await intake.accepted()
    assert intake.store.receipts[ID].acknowledged
    one, *others = intake.publisher.sent
    assert others == [one] * 2


async def test_the_tracking_code_depends_on_the_secret(intake: IntakeBench) -> None:
    first = await intake.accepted()
    other = IntakeBench(secret=SECRET[::-1])

    assert (await other.accepted())["tracking_code"] != first["tracking_code"]
    assert UUID(first["complaint_id"]) == ID
    await other.http.aclose()

"""The patient caller: it repeats under the same key, and tells refusals from silence."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from deploy.operate.intake_client.bulk_sending import in_parallel, send_rows
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.intake_client.complaint_files import FeedRow
from deploy.processes import free_port
from shared.errors import Misconfigured

ACCEPTED = (202, {"number": "N1", "tracking_code": "T"})
AWAY = (503, {"detail": "unavailable"})


class FakeIntake:
    """Answers what it was told to, in order; the last answer again and again."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.answers: list[tuple[int, object]] = [ACCEPTED]
        self.keys: list[str] = []
        self.authorization: str | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        self.authorization = request.headers.get("Authorization")
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        headers = {"Retry-After": "0"} if status == 503 else {}
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers)
        return web.json_response(body, status=status, headers=headers)


@pytest.fixture
async def intake() -> AsyncIterator[FakeIntake]:
    fake = FakeIntake()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", fake.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(fake.url.rpartition(":")[2])).start()
    yield fake
    await runner.cleanup()


async def test_what_is_away_is_asked_again_under_the_same_key(intake: FakeIntake) -> None:
    intake.answers = [AWAY, (409, {"detail": "in hand"}), ACCEPTED]

    async with IntakeClient(intake.url, "secret") as client:
        answer = await client.submit({"text": "Lampu mati"}, "key-1")

    assert answer.accepted
    assert answer.number == "N1"
    assert intake.keys == ["key-1"] * 3
    assert intake.authorization == "Bearer secret"


async def test_a_refusal_is_not_repeated_and_says_which_field(intake: FakeIntake) -> None:
    errors = [{"pointer": "/text", "code": "x", "detail": "too short"}]
    intake.answers = [(422, {"detail": "1 field", "errors": errors})]

    async with IntakeClient(intake.url, None) as client:
        answer = await client.submit({"text": "a"}, "key-1")

    assert (answer.status, answer.refused, answer.detail) == (422, True, "/text: too short")
    assert len(intake.keys) == 1


async def test_patience_ends_without_an_answer(intake: FakeIntake) -> None:
    intake.answers = [AWAY]

    async with IntakeClient(intake.url, None, patience=0.5) as client:
        answer = await client.submit({"text": "Lampu mati"}, "key-1")

    assert not answer.accepted
    assert not answer.refused
    assert len(intake.keys) > 1


async def test_nobody_at_the_url_is_no_answer() -> None:
    async with IntakeClient(f"http://127.0.0.1:{free_port()}", None, patience=0) as client:
        answer = await client.submit({"text": "Lampu mati"}, "key-1")

    assert (answer.status, answer.accepted) == (0, False)


async def test_an_unknown_key_ends_everything(intake: FakeIntake) -> None:
    intake.answers = [(401, {"detail": "not known"})]
    rows = [FeedRow(line, f"key-{line}", {"text": "Lampu mati"}) for line in range(5)]

    async with IntakeClient(intake.url, "wrong") as client:
        with pytest.raises(Misconfigured, match="API key"):
            await send_rows(client, rows, lambda: None)


async def test_lines_of_a_batch_that_found_no_answer_are_sent_alone(intake: FakeIntake) -> None:
    lines = '{"status":202,"number":"N0"}\n{"status":503}\n{"status":422,"detail":"no"}\n'
    intake.answers = [(200, lines), ACCEPTED]

    async with IntakeClient(intake.url, None) as client:
        answers = await client.submit_batch([(f"key-{n}", {"text": "x"}) for n in range(3)])

    assert [answer.number for answer in answers] == ["N0", "N1", None]
    assert answers[2].refused
    assert intake.keys == ["", "key-1"]


async def test_a_tally_counts_numbers_once_and_names_the_lines_refused(intake: FakeIntake) -> None:
    intake.answers = [ACCEPTED, (422, {"detail": "no"}), ACCEPTED]
    rows = [FeedRow(line, f"key-{line}", {"text": "Lampu mati"}) for line in (2, 3, 4)]
    sent: list[None] = []

    async with IntakeClient(intake.url, None) as client:
        tally = await send_rows(client, rows, lambda: sent.append(None), at_once=1)

    assert tally.numbers == {"N1"}
    assert (tally.refused, tally.unanswered) == (1, 0)
    assert tally.problems == [(3, "422 no")]
    assert len(sent) == 3


async def test_an_endpoint_that_is_refused_says_why(intake: FakeIntake) -> None:
    intake.answers = [(403, {"detail": "only an operator"})]

    async with IntakeClient(intake.url, "gateway") as client:
        with pytest.raises(Misconfigured, match=r"kab-3603 not read: 403 only an operator"):
            await client.set_endpoint("kab-3603", "http://127.0.0.1/x")


async def test_no_more_than_asked_for_run_at_once() -> None:
    running, most = 0, 0

    async def act(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await in_parallel(range(20), act, at_once=3)

    assert most == 3


async def test_an_action_is_asked_for_again_under_the_same_key(intake: FakeIntake) -> None:
    intake.answers = [AWAY, (202, {"action_id": "A1"})]

    async with IntakeClient(intake.url, "secret") as client:
        answer = await client.act("N1", {"kind": "complete", "text": "Selesai."}, "key-1")

    assert answer.status == 202
    assert intake.keys == ["key-1"] * 2

"""What people and programs type: forgiven where the meaning is plain, refused where it is not."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.identifiers import CROCKFORD, read_number
from tests.intake.conftest import TEXT, IntakeBench, problem_of
from tests.intake.http.test_openapi import OFFICE, operations
from tests.support.builders import START

BOM = b"\xef\xbb\xbf"
UNKNOWN = "kab-9999"  # of the form of a code, and in no directory


# Byte order marks


async def test_a_byte_order_mark_before_a_body_is_passed_over(intake: IntakeBench) -> None:
    body = BOM + json.dumps({"text": TEXT}).encode()

    assert (await intake.http.post("/v1/complaints", content=body)).status_code == 202


async def test_a_byte_order_mark_before_the_lines_of_a_batch_is_passed_over(
    intake: IntakeBench,
) -> None:
    line = json.dumps({"text": TEXT}).encode()

    answer = await intake.http.post("/v1/complaints:batch", content=BOM + line + b"\n" + BOM + line)

    assert [json.loads(each)["status"] for each in answer.text.splitlines()] == [202, 202]


async def test_a_byte_order_mark_does_not_change_what_was_sent(intake: IntakeBench) -> None:
    key = {"Idempotency-Key": "3f9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e5f"}
    body = json.dumps({"text": TEXT}).encode()
    for content in (body, BOM + body):
        answer = await intake.http.post("/v1/complaints", content=content, headers=key)
        assert answer.status_code == 202

    assert len(intake.publisher.sent) == 1


# Days


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("0", "invalid_date"),
        ("86400", "invalid_date"),
        ("1e9", "invalid_date"),
        ("20260301", "invalid_date"),
        ("2026-3-1", "invalid_date"),
        ("2026-03-01T00:00:00", "invalid_date"),
        (" 2026-03-01", "invalid_date"),
        ("2026-02-30", "invalid_date"),
        ("0000-01-01", "invalid_date"),
        ("１９９９-01-01", "invalid_date"),
        (0, "invalid_date"),
        ("1945-08-16", "date_too_early"),
        ("1899-12-31", "date_too_early"),
        ("9999-12-31", "date_ahead"),
    ],
)
async def test_what_is_no_day_of_a_report_is_422(
    intake: IntakeBench, day: object, code: str
) -> None:
    answer = await intake.submit(occurred_on=day)

    (error,) = problem_of(answer, 422, "invalid_fields")["errors"]
    assert (error["pointer"], error["code"]) == ("/occurred_on", code)
    assert intake.nothing_happened()


@pytest.mark.parametrize("day", ["1945-08-17", "2000-02-29", None])
async def test_a_day_since_1945_is_taken(intake: IntakeBench, day: str | None) -> None:
    await intake.accepted(occurred_on=day)

    sent = json.loads(intake.publisher.sent[0].value)
    assert sent["complaint"].get("occurred_on") == day


async def test_today_is_taken_where_it_has_begun_and_tomorrow_is_not(intake: IntakeBench) -> None:
    east = (START + timedelta(hours=9)).date()  # Jayapura's calendar

    assert (await intake.submit(key=None, occurred_on=str(east))).status_code == 202
    tomorrow = await intake.submit(key=None, occurred_on=str(east + timedelta(days=1)))

    (error,) = problem_of(tomorrow, 422)["errors"]
    assert error["code"] == "date_ahead"


async def test_a_line_of_a_batch_has_a_day_by_the_same_rule(intake: IntakeBench) -> None:
    line = json.dumps({"text": TEXT, "occurred_on": "9999-12-31"})

    answer = await intake.http.post("/v1/complaints:batch", content=line)

    assert json.loads(answer.text)["errors"][0]["code"] == "date_ahead"


# Parameters


@pytest.mark.parametrize(
    ("method", "path"),
    [tuple(name.split(" ", 1)) for name, _ in operations()],
    ids=[name for name, _ in operations()],
)
async def test_an_unknown_parameter_is_422_at_every_door(method: str, path: str) -> None:
    address = path.format(**OFFICE.known, token="of-nobody")
    transport = httpx.ASGITransport(OFFICE.bench.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
        answer = await http.request(
            method, address, params={"limt": "5"}, headers=OFFICE.callers[-1]
        )

    (error,) = problem_of(answer, 422, "invalid_query")["errors"]
    assert error["code"] == "unknown_parameter"
    assert "limt" not in answer.text


async def test_a_wrong_key_is_refused_before_the_parameters(intake: IntakeBench) -> None:
    wrong = {"Authorization": f"Bearer salur_{'0' * 12}_{'0' * 64}"}

    problem_of(await intake.http.get("/v1/triage?limt=5", headers=wrong), 401)


# Paths


@pytest.mark.parametrize("path", ["/v1/complaints/", "/v1/triage/", "/v1/agencies/kab-3603/"])
async def test_a_slash_too_many_is_404_and_no_redirect(intake: IntakeBench, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await intake.http.request(method, path)

        problem_of(answer, 404, "not_found")
        assert "location" not in answer.headers


# Numbers


@given(st.text(CROCKFORD, min_size=16, max_size=16), st.data())
def test_a_number_is_read_however_it_is_typed(number: str, data: st.DataObject) -> None:
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = ""
    for letter in number:
        typed += data.draw(st.sampled_from(alike.get(letter, letter + letter.lower())))
        typed += data.draw(st.sampled_from(["", "", "-", " "]))

    assert read_number(typed) == number


@pytest.mark.parametrize("text", ["", "0" * 15, "0" * 17, "U" * 16, "0" * 15 + "*", "٠" * 16])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None


async def test_every_door_takes_a_number_as_it_was_typed(intake: IntakeBench) -> None:
    told = await intake.accepted()
    number, code = told["number"], {"Tracking-Code": told["tracking_code"]}
    typed = f" {number[:4]}-{number[4:8]} {number[8:]}".lower().replace("0", "o").replace("1", "l")
    path = f"/v1/complaints/{typed}"

    seen = await intake.http.get(path, headers=code)
    asked = await intake.http.post(f"{path}/erasure", headers=code)
    chosen = await intake.http.put(f"{path}/notifications", json={"wanted": False}, headers=code)

    assert seen.json()["number"] == chosen.json()["number"] == number
    assert [each.status_code for each in (seen, asked, chosen)] == [200, 202, 200]
    operator = await intake.key("operator")
    read = await intake.http.get("/v1/audit", params={"number": typed.strip()}, headers=operator)
    assert read.status_code == 200


# Institutions


@pytest.mark.parametrize("role", ["operator", "agency"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "complaints"),
        ("GET", "subscription"),
        ("PUT", "subscription"),
        ("GET", "deliveries"),
        ("POST", "subscription/main/test"),
    ],
)
async def test_an_institution_that_the_directory_lacks_is_404(
    intake: IntakeBench, role: str, method: str, path: str
) -> None:
    key = await intake.key(role, agency=UNKNOWN if role == "agency" else None)
    body: dict[str, Any] = {"json": {"endpoints": []}} if method == "PUT" else {}

    answer = await intake.http.request(
        method, f"/v1/agencies/{UNKNOWN}/{path}", headers=key, **body
    )

    problem_of(answer, 404, "not_found")
    assert not intake.subscriptions.kept


async def test_without_a_directory_any_code_is_known(intake: IntakeBench) -> None:
    intake.restart(directory="")
    key = await intake.key("operator")

    answer = await intake.http.get(f"/v1/agencies/{UNKNOWN}/complaints", headers=key)

    assert answer.status_code == 200


# Compressed bodies


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity", "x"])
async def test_a_compressed_body_is_415(intake: IntakeBench, encoding: str) -> None:
    answer = await intake.http.post(
        "/v1/complaints", json={"text": TEXT}, headers={"Content-Encoding": encoding}
    )

    problem_of(answer, 415, "compressed")
    assert answer.headers["accept-encoding"] == "identity"
    assert intake.nothing_happened()


async def test_a_body_as_it_is_may_say_so(intake: IntakeBench) -> None:
    answer = await intake.http.post(
        "/v1/complaints", json={"text": TEXT}, headers={"Content-Encoding": "Identity"}
    )

    assert answer.status_code == 202

"""`GET /v1/audit`: who read whose identity, for operators, page by page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.audit.model import (
    AuditAction,
    AuditEntry,
    AuditQuery,
    UnchainedEntry,
    done_at_the_command_line,
    done_by,
)
from services.intake.audit.store import MongoAudit
from services.intake.http.cursors import Position
from services.intake.identity.access import Purpose, ReadOutcome
from services.intake.identity.store import MongoIdentities
from services.intake.identity.vault import VaultCodec
from services.intake.keys.callers import Caller, Role, Scope
from services.intake.keys.store import MongoKeys
from services.intake.store import MongoIntakeStore
from services.intake.submit.records import ApiKey
from services.intake.submit.submission import Reporter
from shared.database.collections import AUDIT, CASES, VAULT
from shared.database.mongo import Mongo
from tests.intake.conftest import IntakeBench, case_of, entry, problem_of
from tests.intake.stored_rows import vault_row
from tests.support.builders import RING, START, complaint, complaint_id

KEY_ID = "0123456789ab"


def done(number: int, **changes: Any) -> UnchainedEntry:
    """Return a read to be kept; every two share an instant, so that ids settle the order."""
    caller = Caller(Role.AGENCY, "pemkab", changes.pop("agency", "kab-3603"), key_id=KEY_ID)
    what: dict[str, Any] = {
        "number": f"{number:016d}",
        "complaint_id": complaint_id(str(number)),
        "purpose": Purpose.CONTACT,
        "outcome": ReadOutcome.GRANTED,
    }
    at = START + timedelta(minutes=number // 2)
    return done_by(caller, AuditAction.IDENTITY_READ, at, **what | changes)


@pytest.fixture
async def audited(mongo: Mongo) -> MongoAudit:
    store = MongoAudit(mongo, days=30)
    await store.start()
    return store


@pytest.mark.parametrize("role", ["gateway", "officer", "agency"])
async def test_only_operators_see_the_audit(intake: IntakeBench, role: str) -> None:
    key = await intake.key(role, agency="kab-3603" if role == "agency" else None)

    problem_of(await intake.http.get("/v1/audit", headers=key), 403)
    problem_of(await intake.http.get("/v1/audit"), 401)
    assert intake.audit.asked == []


async def test_pages_follow_each_other_under_the_same_filters(intake: IntakeBench) -> None:
    for number in range(4):
        await intake.audit.add(done(number))
    key = await intake.key("operator")

    first = await intake.http.get("/v1/audit?limit=2&agency=kab-3603", headers=key)
    cursor = first.json()["next"]
    await intake.http.get(f"/v1/audit?limit=2&agency=kab-3603&cursor={cursor}", headers=key)
    other = await intake.http.get(f"/v1/audit?cursor={cursor}", headers=key)

    assert [row["number"] for row in first.json()["items"]] == [f"{3:016d}", f"{2:016d}"]
    query, after = intake.audit.queries[-1]
    assert (query.agency, query.limit) == ("kab-3603", 2)
    assert after == Position(START + timedelta(minutes=1), UUID(int=2))
    problem_of(other, 422, "invalid_query")


@pytest.mark.parametrize(
    "query",
    [
        "number=short",
        "agency=dinas",
        "key_id=x",
        "purpose=fun",
        "outcome=x",
        "action=x",
        "since=x",
        "limit=0",
    ],
)
async def test_a_filter_that_can_match_nothing_is_422(intake: IntakeBench, query: str) -> None:
    key = await intake.key("operator")

    problem = problem_of(await intake.http.get(f"/v1/audit?{query}", headers=key), 422)

    assert problem["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


@pytest.mark.connected
async def test_entries_come_back_newest_first_each_once(audited: MongoAudit) -> None:
    for number in range(7):
        await audited.add(done(number))

    walked: list[AuditEntry] = []
    after: Position | None = None
    while True:
        page = await audited.entries(AuditQuery(limit=2), after=after)
        walked += page.rows
        if (after := page.end) is None:
            break

    assert walked == sorted(walked, key=lambda row: (row.at, row.id), reverse=True)
    assert {row.number for row in walked} == {f"{number:016d}" for number in range(7)}
    assert len(walked) == 7


@pytest.mark.connected
async def test_filters_leave_what_they_say(audited: MongoAudit) -> None:
    await audited.add(done(0))
    await audited.add(done(2, agency="prov-36"))
    legal = {"purpose": Purpose.LEGAL_DUTY, "outcome": ReadOutcome.NOT_HOLDER}
    await audited.add(done(4, **legal, complaint_id=None))
    at = START + timedelta(minutes=3)
    made = done_at_the_command_line(AuditAction.KEY_CREATED, at, user="root", about="b" * 12)
    await audited.add(made)

    async def left(**filters: object) -> list[str | None]:
        page = await audited.entries(AuditQuery.model_validate(filters), after=None)
        return [row.about or (row.number or "")[-1] for row in page.rows]

    assert await left() == ["b" * 12, "4", "2", "0"]
    assert await left(action="key_created") == ["b" * 12]
    assert await left(agency="prov-36") == ["2"]
    assert await left(key_id=KEY_ID) == ["4", "2", "0"]
    assert await left(purpose="legal_duty") == await left(outcome="not_holder") == ["4"]
    assert await left(number=f"{0:016d}") == ["0"]
    assert await left(since=(START + timedelta(minutes=2)).isoformat()) == ["b" * 12, "4"]
    assert await left(until=(START + timedelta(minutes=1)).isoformat()) == ["0"]


@pytest.mark.connected
async def test_an_entry_that_cannot_be_read_breaks_no_page(
    audited: MongoAudit, mongo: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    await audited.add(done(0))
    strange = {"_id": uuid4(), "at": START + timedelta(days=1), "action": "of another release"}
    await mongo.private(AUDIT).insert({**strange, "role": "operator", "name": "ops"})

    first = await audited.entries(AuditQuery(limit=1), after=None)
    second = await audited.entries(AuditQuery(limit=1), after=first.end)

    assert ([*first.rows], [row.number for row in second.rows]) == ([], [f"{0:016d}"])
    assert f"audit entry {strange['_id']} cannot be read" in caplog.text


@pytest.mark.connected
async def test_a_row_ends_when_its_time_is_over(audited: MongoAudit, mongo: Mongo) -> None:
    await audited.add(done(0))
    await audited.start()  # again: the indexes are there

    (document,) = await mongo.private(AUDIT).find({})
    indexes = await mongo.private(AUDIT)._raw.index_information()

    assert document["expires_at"] == START + timedelta(days=30)
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


@pytest.mark.connected
async def test_of_a_vault_row_only_the_reporter_is_read(
    mongo: Mongo,
) -> None:
    safe = VaultCodec(RING)
    for name, reporter in (("a", Reporter(name="Siti")), ("b", None), ("empty", Reporter())):
        row = replace(vault_row(name), reporter=reporter)
        await mongo.private(VAULT).insert(safe.to_vault(row))
    identities = MongoIdentities(mongo, safe)

    reporter = await identities.reporter(complaint_id("a"))

    assert reporter is not None
    assert reporter.name == "Siti"
    assert await identities.reporter(complaint_id("b")) is None
    assert await identities.reporter(complaint_id("empty")) is None
    assert await identities.reporter(complaint_id("c")) is None


@pytest.mark.connected
async def test_a_key_comes_back_as_it_was_changed(mongo: Mongo) -> None:
    store = MongoKeys(mongo)
    key = ApiKey("id", "hash", Role.GATEWAY, "sms", None, START, frozenset({Scope.TRUSTED}))
    await store.add_key(key)
    assert await store.key("id") == key
    assert await store.key("other") is None

    later = START + timedelta(hours=1)
    await store.set_key_end("id", later)
    await store.mark_key_used("id", later)
    await store.mark_key_used("id", START)  # a process that was slow
    await store.revoke_key("id", START)
    await store.revoke_key("id", later)

    (changed,) = await store.all_keys()
    assert (changed.expires_at, changed.used_at, changed.revoked_at) == (later, later, START)


@pytest.mark.connected
async def test_the_holder_reads_from_the_vault_and_the_audit_has_it(
    audited: MongoAudit, mongo: Mongo
) -> None:
    intake, store = IntakeBench(), MongoIntakeStore(mongo, VaultCodec(RING))
    await store.start()
    intake.store, intake.audit = store, audited  # type: ignore[assignment]
    intake.identities = MongoIdentities(mongo, VaultCodec(RING))  # type: ignore[assignment]
    intake.keys = MongoKeys(mongo)  # type: ignore[assignment]
    intake.restart()
    told = await intake.accepted(reporter={"name": "Siti"})
    known = complaint(complaint_id=UUID(told["complaint_id"]), number=told["number"])
    case = case_of(known, entry())
    document = {"_id": known.complaint_id, "seq": 1, **case.model_dump(exclude_none=True)}
    await mongo.cases(CASES).insert(document)
    path = f"/v1/complaints/{told['number']}/reporter?purpose=contact"

    granted = await intake.http.get(path, headers=await intake.key("agency", agency="kab-3603"))
    refused = await intake.http.get(path, headers=await intake.key("agency", agency="prov-36"))
    page = await intake.http.get("/v1/audit", headers=await intake.key("operator"))
    await intake.app.state.reception.stop()

    assert granted.json()["reporter"] == {"name": "Siti"}
    problem_of(refused, 404)
    outcomes = {(row["agency"], row["outcome"]) for row in page.json()["items"]}
    assert outcomes == {("kab-3603", "granted"), ("prov-36", "not_holder")}
    assert "Siti" not in page.text

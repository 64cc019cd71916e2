"""What the audit promises, in the database and in memory alike; how it lies there."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.intake.audit.model import (
    AuditAction,
    AuditEntry,
    AuditQuery,
    done_at_the_command_line,
)
from services.intake.audit.store import AuditRows, AuditStore, MongoAudit
from services.intake.http.cursors import Position
from services.intake.identity.access import Purpose, ReadOutcome
from shared.database.collections import AUDIT
from shared.database.mongo import Mongo
from tests.intake.fakes.memory_stores import MemoryAudit
from tests.intake.stored_rows import KEY_ID, identity_read
from tests.support.builders import START, complaint_id
from tests.support.stores import Everything, not_away

FOR_EVER = 36_500  # days: else the database ends the entries of tests


def over(mongo: Mongo | None) -> AuditStore:
    return MongoAudit(mongo, days=FOR_EVER) if mongo else MemoryAudit()


@pytest.fixture
async def audit(backing: Mongo | None) -> AuditStore:
    audit = over(backing)
    if isinstance(audit, MongoAudit):
        await audit.start()
    return audit


async def test_an_entry_comes_back_as_it_was_done(audit: AuditStore) -> None:
    assert await audit.entries(AuditQuery(), after=None) == AuditRows([])
    await audit.add(identity_read(2))

    (found,) = (await audit.entries(AuditQuery(), after=None)).rows

    assert found == AuditEntry(
        id=found.id,
        at=START + timedelta(minutes=1),
        role="agency",
        key_id=KEY_ID,
        name="pemkab",
        agency="kab-3603",
        number=f"{2:016d}",
        complaint_id=complaint_id("2"),
        purpose=Purpose.CONTACT,
        outcome=ReadOutcome.GRANTED,
    )


async def test_entries_come_back_newest_first_each_once(audit: AuditStore) -> None:
    for number in (4, 0, 5, 1, 6, 2, 3):
        await audit.add(identity_read(number))

    walked: list[AuditEntry] = []
    after: Position | None = None
    while True:
        page = await audit.entries(AuditQuery(limit=2), after=after)
        walked += page.rows
        if (after := page.end) is None:
            break

    assert walked == sorted(walked, key=lambda row: (row.at, row.id), reverse=True)
    assert {row.number for row in walked} == {f"{number:016d}" for number in range(7)}
    assert len(walked) == 7


async def test_filters_leave_what_they_say(audit: AuditStore) -> None:
    await audit.add(identity_read(0))
    await audit.add(identity_read(2, agency="prov-36"))
    legal = {"purpose": Purpose.LEGAL_DUTY, "outcome": ReadOutcome.NOT_HOLDER}
    await audit.add(identity_read(4, **legal, complaint_id=None))
    at = START + timedelta(minutes=3)
    made = done_at_the_command_line(AuditAction.KEY_CREATED, at, user="root", about="b" * 12)
    await audit.add(made)

    async def left(**filters: object) -> list[str | None]:
        page = await audit.entries(AuditQuery.model_validate(filters), after=None)
        return [row.about or (row.number or "")[-1] for row in page.rows]

    assert await left(limit=1) == ["b" * 12]
    assert await left() == ["b" * 12, "4", "2", "0"]
    assert await left(action="key_created") == ["b" * 12]
    assert await left(agency="prov-36") == ["2"]
    assert await left(key_id=KEY_ID) == ["4", "2", "0"]
    assert await left(purpose="legal_duty") == await left(outcome="not_holder") == ["4"]
    assert await left(number=f"{0:016d}") == ["0"]
    assert await left(since=(START + timedelta(minutes=2)).isoformat()) == ["b" * 12, "4"]
    assert await left(until=(START + timedelta(minutes=1)).isoformat()) == ["0"]


async def test_every_call_says_that_the_audit_is_away(away: Mongo | None) -> None:
    audit = over(away)
    if isinstance(audit, MemoryAudit):
        audit.away = Everything()

    answered = await not_away(audit.add(identity_read(0)), audit.entries(AuditQuery(), after=None))

    assert answered == []


@pytest.mark.connected
async def test_an_entry_that_cannot_be_read_breaks_no_page(
    mongo: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    audit = MongoAudit(mongo, days=30)
    await audit.add(identity_read(0))
    strange = {"_id": uuid4(), "at": START + timedelta(days=1), "action": "of another release"}
    await mongo.private(AUDIT).insert({**strange, "role": "operator", "name": "ops"})

    first = await audit.entries(AuditQuery(limit=1), after=None)
    second = await audit.entries(AuditQuery(limit=1), after=first.end)

    assert ([*first.rows], [row.number for row in second.rows]) == ([], [f"{0:016d}"])
    assert f"audit entry {strange['_id']} cannot be read" in caplog.text


@pytest.mark.connected
async def test_a_row_ends_when_its_time_is_over(mongo: Mongo) -> None:
    audit = MongoAudit(mongo, days=30)
    await audit.start()
    await audit.add(identity_read(0))
    await audit.start()  # again: the indexes are there

    (document,) = await mongo.private(AUDIT).find({})
    indexes = await mongo.private(AUDIT)._raw.index_information()

    assert document["expires_at"] == START + timedelta(days=30)
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0

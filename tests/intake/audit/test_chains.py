"""The audit's chains: whoever changes or removes an entry breaks what follows it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.audit.model import (
    AuditAction,
    AuditChain,
    BrokenLink,
    ChainVerifier,
    UnchainedEntry,
    done_at_the_command_line,
    link_of,
)
from services.intake.audit.store import MongoAudit
from shared.database.collections import AUDIT
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from tests.support.builders import START

KEPT = timedelta(days=30)
Document = dict[str, Any]


def done(number: int) -> UnchainedEntry:
    at = START + timedelta(minutes=number)
    return done_at_the_command_line(AuditAction.KEY_CREATED, at, user="root", about=str(number))


def chain_of(count: int) -> list[Document]:
    chain, documents = AuditChain("intake-1", START), []
    for number in range(count):
        documents.append(chain.entry(done(number), kept=KEPT))
        chain = AuditChain("intake-1", START, last=link_of(documents[-1]))
    return documents


def walked(documents: Sequence[Document], *, days: int = 0) -> list[BrokenLink]:
    walk = ChainVerifier(START + timedelta(days=days))
    return [found for document in documents if (found := walk.step(document))]


def test_a_chain_as_it_was_written_is_whole() -> None:
    assert walked(chain_of(5)) == []


@given(st.integers(0, 4), st.sampled_from(["name", "about", "at", "action", "prev", "began"]))
def test_a_changed_entry_is_named(place: int, field: str) -> None:
    documents = chain_of(5)
    value = START - timedelta(days=1) if field in ("at", "began") else "x"
    documents[place] |= {field: value}

    (found,) = walked(documents)

    assert (found.seq, found.why) == (place + 1, "it was changed: its hash is another one")


@given(st.integers(0, 3), st.integers(1, 2))
def test_entries_that_are_gone_are_named(place: int, count: int) -> None:
    documents = chain_of(5)
    del documents[place : min(place + count, 4)]

    (found,) = walked(documents)

    assert "are gone" in found.why
    assert found.seq == min(place + count, 4) + 1


def test_an_entry_that_was_written_anew_breaks_the_next() -> None:
    documents = chain_of(4)
    before = AuditChain("intake-1", START, last=link_of(documents[0]))
    documents[1] = before.entry(done(9), kept=KEPT)

    (found,) = walked(documents)

    assert (found.seq, found.why) == (3, "it does not hold the hash of the entry before it")


def test_a_beginning_whose_time_is_over_is_not_missed() -> None:
    documents = chain_of(5)[2:]

    assert walked(documents, days=30) == []
    assert "gone before their time" in walked(documents, days=29)[0].why


@pytest.mark.connected
async def test_of_many_at_once_in_several_processes_each_has_its_place(mongo: Mongo) -> None:
    audits = [MongoAudit(mongo, days=30, instance=f"intake-{n}") for n in (1, 2)]
    await audits[0].start()

    await asyncio.gather(*(audit.add(done(n)) for n in range(20) for audit in audits))

    found = await audits[0].verified(START)
    assert (found.entries, found.broken, found.unchained) == (40, [], 0)
    assert [head.seq for head in found.heads] == [20, 20]


@pytest.mark.connected
async def test_a_whole_chain_that_is_gone_is_missed_by_the_next(mongo: Mongo) -> None:
    first = MongoAudit(mongo, days=30, instance="first")
    await first.add(done(0))
    await first.add(done(1))
    second = MongoAudit(mongo, days=30, instance="second")
    await second.add(done(2))
    assert (await second.verified(START)).broken == []

    await mongo.private(AUDIT).delete({"chain": {"$regex": "^first"}})

    (found,) = (await second.verified(START)).broken
    assert found.why.startswith("it followed entry 2 of first/")
    assert (await second.verified(START + timedelta(days=31))).broken == []


@pytest.mark.connected
@pytest.mark.parametrize("was_kept", [True, False])
async def test_an_entry_whose_writing_was_not_confirmed_leaves_no_gap(
    mongo: Mongo, was_kept: bool
) -> None:
    audit = MongoAudit(mongo, days=30)
    await audit.add(done(0))
    insert = audit._audit.insert

    async def away(document: Document) -> bool:
        if was_kept:
            await insert(document)
        raise DatabaseAway("switched off by the test")

    audit._audit.insert = away  # type: ignore[assignment,method-assign]
    with pytest.raises(DatabaseAway):
        await audit.add(done(1))
    audit._audit.insert = insert  # type: ignore[method-assign]
    await audit.add(done(1))

    found = await audit.verified(START)
    assert (found.entries, found.broken) == (3 if was_kept else 2, [])

"""The audit: who did what with what is kept of persons, and the chains that its entries form.

Each process writes a chain of its own: an entry holds the hash of the one before it, the first that
of the newest entry of any chain. So whoever changes or removes one breaks what follows it. The end
of the newest chain alone can be cut unseen: keep what `salur audit verify` prints elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import BeforeValidator, Field

from services.intake.cases.models import PageQuery, Since, Until
from services.intake.identity.access import Purpose, ReadOutcome
from services.intake.keys.callers import Caller, Role
from shared.contracts.case import InstitutionCode
from shared.contracts.identifiers import NAMESPACE, read_number
from shared.contracts.value_objects import Frozen, Instant

NUMBER = r"^[0-9A-HJKMNP-TV-Z]{16}$"
KEY_ID = r"^[0-9a-f]{12}$"
COMMAND: Literal["command"] = "command"  # who has the database's password, by `salur`
_BEGINNING = "0" * 64  # before the first entry of all
Document = dict[str, Any]


class AuditAction(StrEnum):
    """What was done."""

    IDENTITY_READ = "identity_read"
    CASE_READ = "case_read"  # whole: its history with decisions and all words
    ERASURE_ORDERED = "erasure_ordered"
    CODE_REISSUED = "code_reissued"
    KEY_CREATED = "key_created"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"
    BACKUP_MADE = "backup_made"
    BACKUP_RESTORED = "backup_restored"
    VAULT_ROTATED = "vault_rotated"


class AuditEntry(Frozen):
    """One entry: who, what, about which complaint or thing, for what, and how it ended."""

    id: UUID
    at: Instant
    action: AuditAction = AuditAction.IDENTITY_READ
    role: Role | Literal["command"]
    key_id: str = ""
    name: str
    agency: str | None = None
    number: str | None = None
    complaint_id: UUID | None = None
    purpose: Purpose | None = None
    outcome: ReadOutcome | None = None
    about: Annotated[str, Field(max_length=200)] | None = None  # a key's id, a decision, a file


def _number(text: object) -> object:
    return (read_number(text) or text) if isinstance(text, str) else text


class AuditQuery(PageQuery):
    """Which entries; a day as `until` is included, an instant is not."""

    action: AuditAction | None = Field(None, description="what was done")
    number: Annotated[str, Field(pattern=NUMBER), BeforeValidator(_number)] | None = Field(
        None, description="a complaint's"
    )
    agency: InstitutionCode | None = Field(None, description="the institution that did it")
    key_id: Annotated[str, Field(pattern=KEY_ID)] | None = Field(
        None, description="the key that was used"
    )
    purpose: Purpose | None = Field(None, description="what for")
    outcome: ReadOutcome | None = Field(None, description="how it ended")
    since: Since | None = Field(None, description="from this day (WIB) or instant on")
    until: Until | None = Field(None, description="up to this day (included) or before the instant")


class AuditPage(Frozen):
    """A page of entries, newest first; `next` is the cursor of the next one, if there is one."""

    items: tuple[AuditEntry, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class UnchainedEntry:
    """What is to be kept; the store gives it its place in a chain."""

    action: AuditAction
    at: datetime
    by: Mapping[str, str]
    what: Mapping[str, Any]


def done_by(caller: Caller, action: AuditAction, at: datetime, **what: Any) -> UnchainedEntry:
    """Return what a caller of the doors did."""
    who = {"role": caller.role.value, "key_id": caller.key_id, "name": caller.name}
    return UnchainedEntry(
        action, at, who | ({"agency": caller.agency} if caller.agency else {}), what
    )


def done_at_the_command_line(
    action: AuditAction, at: datetime, *, user: str, about: str
) -> UnchainedEntry:
    """Return what somebody with the database's password did."""
    return UnchainedEntry(action, at, {"role": COMMAND, "name": user}, {"about": about[:200]})


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An entry that the next one holds on to."""

    chain: str
    seq: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditChain:
    """A process's own chain: its name, when it began, and its last entry, if there is one yet."""

    name: str
    began: datetime
    last: ChainLink | None = None
    newest: ChainLink | None = None  # of any chain, when this one began

    def entry(self, done: UnchainedEntry, *, kept: timedelta) -> Document:
        """Return the next document of the chain."""
        seq = self.last.seq + 1 if self.last else 1
        before = self.last or self.newest
        document: Document = {
            "_id": uuid5(NAMESPACE, f"audit:{self.name}:{seq}"),
            "chain": self.name,
            "seq": seq,
            "began": self.began,
            "prev": before.hash if before else _BEGINNING,
            "at": done.at,
            "action": done.action.value,
            **done.by,
            **{name: _plain(value) for name, value in done.what.items() if value is not None},
            "expires_at": done.at + kept,
        }
        if self.last is None and self.newest is not None:
            newest = self.newest
            document["after"] = {"chain": newest.chain, "seq": newest.seq, "at": newest.at}
        return document | {"hash": hash_entry(document)}


def link_of(document: Mapping[str, Any]) -> ChainLink:
    """Return the link to an entry."""
    return ChainLink(document["chain"], document["seq"], document["hash"], document["at"])


def hash_entry(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an entry's canonical JSON, without the hash itself."""
    held = {name: value for name, value in document.items() if name != "hash"}
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), default=_written)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """An entry that is not as it was written, or does not follow what was before it."""

    chain: str
    seq: int
    why: str


class ChainVerifier:
    """Goes along chains, in order of their names and numbers, and tells what is broken."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._last: ChainLink | None = None

    def step(self, document: Mapping[str, Any]) -> BrokenLink | None:
        """Return what is wrong with the next entry, None where it is as it was written."""
        last, self._last = self._last, link_of(document)
        why = self._why(document, last if last and last.chain == document["chain"] else None)
        return BrokenLink(document["chain"], document["seq"], why) if why else None

    def _why(self, document: Mapping[str, Any], last: ChainLink | None) -> str | None:
        seq = document["seq"]
        if document["hash"] != hash_entry(document):
            return "it was changed: its hash is another one"
        if last is None:
            is_whole = seq == 1 or has_expired(document["began"], document, self._now)
            return None if is_whole else f"entries 1 to {seq - 1} are gone before their time"
        if seq != last.seq + 1:
            return f"entries {last.seq + 1} to {seq - 1} are gone"
        if document["prev"] != last.hash:
            return "it does not hold the hash of the entry before it"
        return None


def has_expired(at: datetime, document: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether what was written at a time has ended by itself, as this entry will."""
    return bool(at + (document["expires_at"] - document["at"]) <= now)


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""What MongoDB tells: its members, that a majority confirms, its indexes, and what waits in it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from deploy.operate.doctor.findings import DoctorFinding, counted, fine, note, wrong
from deploy.operate.doctor.indexes import DECLARED
from shared.contracts.deliveries import LaneState
from shared.contracts.topics import SERVICES
from shared.database.collections import COLLECTIONS, ENDPOINTS, LANES, stops_of
from shared.database.connection_url import overruled
from shared.database.error_translation import no_answer
from shared.database.mongo import connection_options
from shared.errors import DatabaseAway, Misconfigured
from shared.settings import MongoSettings

CHECK = "database"
UNAUTHORIZED = 13
OLDEST = (7, 0)  # of MongoDB
Rows = Sequence[Mapping[str, Any]]
UNWELL = {"state": {"$ne": LaneState.OK.value}}
NAMES_ALONE = ("endpoints.endpoint_id", "endpoints.name")  # neither addresses nor secrets


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The database as it is. `ahead` is its clock against ours, in seconds."""

    version: str
    replica_set: str | None
    members: int
    is_primary: bool
    majority: str | None  # why a majority did not confirm a write; None: it did
    ahead: float
    overruled: Sequence[str] = ()  # options in the URL that change nothing
    indexes: Mapping[str, Rows] = field(default_factory=dict)
    stops: Mapping[str, Rows] = field(default_factory=dict)  # by service
    lanes: Rows = ()  # of endpoints that are not well
    subscriptions: Rows = ()  # of the institutions that these belong to


def ask_database(settings: MongoSettings) -> DatabaseFacts:
    """Return what the database tells; nothing in it is changed.

    Raises:
        DatabaseAway: it does not answer.
        Misconfigured: this user may not ask.
    """
    with _answers(), _client(settings) as client:
        before = time.time()
        hello = client.admin.command("hello")
        ours = (before + time.time()) / 2
        cases, private = client[settings.cases_database], client[settings.private_database]
        lanes = list(private[LANES].find(UNWELL))
        agencies = sorted({one["agency"] for one in lanes if one.get("agency")})
        return DatabaseFacts(
            version=str(client.admin.command("buildInfo")["version"]),
            replica_set=hello.get("setName"),
            members=len(hello.get("hosts", ())),
            is_primary=bool(hello.get("isWritablePrimary")),
            majority=_majority(private, settings.timeout_ms),
            ahead=hello["localTime"].replace(tzinfo=UTC).timestamp() - ours,
            overruled=overruled(settings.url.get_secret_value()),
            indexes=_indexes(cases, private),
            stops={service: list(private[stops_of(service)].find({})) for service in SERVICES},
            lanes=lanes,
            subscriptions=_subscriptions(private, agencies),
        )


def judge_database(facts: DatabaseFacts) -> Iterator[DoctorFinding]:
    """Yield what there is to say of the server itself."""
    found = list(_faults(facts))
    yield from found
    value = f"MongoDB {facts.version}, {counted(facts.members, 'member')}"
    if facts.replica_set and facts.members < 3:
        do = "in production three members: a lost disk loses what only this database has"
        yield note(CHECK, "a majority is fewer than two members", value, do=do)
    if facts.overruled:
        do = "take them out of SALUR_MONGO__URL: a majority of the primary's set is always asked"
        yield note(CHECK, "options of the URL change nothing", ", ".join(facts.overruled), do=do)
    if not found:
        yield fine(CHECK, "answers, and a majority confirms with its journal", value)


def _faults(facts: DatabaseFacts) -> Iterator[DoctorFinding]:
    if _version(facts.version) < OLDEST:
        do = "upgrade to MongoDB 7 or newer"
        yield wrong(CHECK, "the server is too old", facts.version, do=do)
    if facts.replica_set is None:
        do = "start mongod with --replSet, and rs.initiate() once: confirmed must mean kept"
        yield wrong(CHECK, "the server is no member of a replica set", "standalone", do=do)
    if not facts.is_primary:
        do = "name all members and the set in SALUR_MONGO__URL, without directConnection"
        yield wrong(CHECK, "the server that answered takes no writes", "secondary", do=do)
    if facts.majority is not None:
        do = "bring the other members back: intake answers 503 and the stages wait until then"
        yield wrong(CHECK, "a majority does not confirm writes", facts.majority, do=do)


def _majority(private: Database[Any], timeout_ms: int) -> str | None:
    # Deletes nothing: the answer still waits until a majority has what came before it.
    concern = WriteConcern(w="majority", j=True, wtimeout=timeout_ms)
    collection = private.get_collection(stops_of(SERVICES[0]), write_concern=concern)
    try:
        collection.delete_one({"_id": "salur doctor"})
    except PyMongoError as error:
        code = error.code if isinstance(error, OperationFailure) else None
        return f"{type(error).__name__}" + (f", code {code}" if code else "")
    return None


def _indexes(cases: Database[Any], private: Database[Any]) -> dict[str, Rows]:
    databases = {"cases": cases, "private": private}
    where = {spec.name: databases[spec.database] for spec in COLLECTIONS}
    return {name: [dict(one) for one in where[name][name].list_indexes()] for name in DECLARED}


def _subscriptions(private: Database[Any], agencies: Sequence[str]) -> Rows:
    return list(private[ENDPOINTS].find({"_id": {"$in": list(agencies)}}, NAMES_ALONE))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


@contextmanager
def _client(settings: MongoSettings) -> Iterator[MongoClient[Any]]:
    client: MongoClient[Any] = MongoClient(**connection_options(settings))
    with client:
        yield client


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            raise Misconfigured(
                "MongoDB does not let this user ask: give it `read` on the database of cases and"
                " `readWrite` on the private one"
            ) from error
        raise DatabaseAway(f"MongoDB failed: code {error.code}") from error
    except PyMongoError as error:
        raise no_answer(error, "the doctor's questions") from error

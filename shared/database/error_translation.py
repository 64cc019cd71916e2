"""What a failure of MongoDB means: away, refused, a duplicate key, or a mistake of ours.

A code that is in no table here is a mistake: repeated, it would fail for ever and be told as if
the server were away. A write that no majority has confirmed is never taken for done.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from shared.errors import DatabaseAway, DatabaseRefuses, DatabaseUntrusted
from shared.runtime.tls import WAY_OUT

log = logging.getLogger(__name__)
DUPLICATE_KEY = 11000
# Time may heal these: MongoDB's own categories of retriable, interrupted, not primary, snapshot
# and overloaded; locks, conflicts and indexes being built; and a disk or a table that is full.
HEALING: Mapping[int, str] = {
    6: "HostUnreachable",
    7: "HostNotFound",
    24: "LockTimeout",
    43: "CursorNotFound",
    46: "LockBusy",
    50: "MaxTimeMSExpired",
    64: "WriteConcernTimeout",
    74: "NodeNotFound",
    89: "NetworkTimeout",
    90: "CallbackCanceled",
    91: "ShutdownInProgress",
    94: "NotYetInitialized",
    95: "NotSecondary",
    100: "UnsatisfiableWriteConcern",
    107: "LockFailed",
    112: "WriteConflict",
    117: "ConflictingOperationInProgress",
    133: "FailedToSatisfyReadPreference",
    134: "ReadConcernMajorityNotAvailableYet",
    150: "StaleEpoch",
    175: "QueryPlanKilled",
    189: "PrimarySteppedDown",
    202: "NetworkInterfaceExceededTimeLimit",
    211: "KeyNotFound",
    215: "DatabaseDropPending",
    216: "ElectionInProgress",
    237: "CursorKilled",
    239: "SnapshotTooOld",
    246: "SnapshotUnavailable",
    249: "StaleDbVersion",
    250: "StaleChunkHistory",
    261: "TooManyLogicalSessions",
    262: "ExceededTimeLimit",
    264: "TooManyFilesOpen",
    267: "PreparedTransactionInProgress",
    276: "IndexBuildAborted",
    279: "ClientDisconnect",
    285: "IndexBuildAlreadyInProgress",
    290: "TransactionExceededLifetimeLimitSeconds",
    308: "CurrentConfigNotCommittedYet",
    314: "ObjectIsBusy",
    355: "InterruptedDueToStorageChange",
    365: "TemporarilyUnavailable",
    371: "UserWritesBlocked",
    402: "ResourceExhausted",
    406: "MigrationBlockingOperationCoordinatorCleaningUp",
    407: "PooledConnectionAcquisitionExceededTimeLimit",
    412: "UpdatesStillPending",
    433: "AdmissionQueueOverflow",
    449: "RateLimitExceeded",
    9001: "SocketException",
    10058: "LegacyNotPrimary",
    10107: "NotWritablePrimary",
    11600: "InterruptedAtShutdown",
    11601: "Interrupted",
    11602: "InterruptedDueToReplStateChange",
    13388: "StaleConfig",
    13435: "NotPrimaryNoSecondaryOk",
    13436: "NotPrimaryOrSecondary",
    14031: "OutOfDiskSpace",
}
# A person has to give a right or a password: no record is at fault, so all wait until then.
REFUSING: Mapping[int, str] = {
    11: "UserNotFound",
    13: "Unauthorized",
    18: "AuthenticationFailed",
    31: "RoleNotFound",
    33: "PrivilegeNotFound",
    214: "AuthenticationRestrictionUnmet",
    334: "MechanismUnavailable",
    391: "ReauthenticationRequired",
}
LABELS = ("RetryableError", "RetryableWriteError", "SystemOverloadedError")  # the server's own word
_UNTRUSTED = re.compile(r"certificate verify failed: ([^(]+)")
_AWAY = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError)


@contextmanager
def typed_errors(what: str) -> Iterator[None]:
    """Raise a failure at `what` as what it means; a mistake of ours as it comes.

    Raises:
        DatabaseAway: time may heal it, or the write is not confirmed.
        DatabaseRefuses: a right or a password is missing.
    """
    try:
        yield
    except BulkWriteError as error:
        _judge_bulk(error, what)
        raise
    except WriteConcernError as error:
        raise unconfirmed(what, error.code) from error
    except OperationFailure as error:
        _judge(error, what)
        raise
    except _AWAY as error:
        raise no_answer(error, what) from error


def no_answer(error: PyMongoError, what: str) -> DatabaseAway:
    """Return what to raise where no server answered: whether one is not trusted is told apart."""
    # Who waits in vain for a server is told why by the words of the error alone.
    found = _UNTRUSTED.search(str(error))
    if found is None:
        return DatabaseAway(
            f"MongoDB did not answer at {what}: {type(error).__name__}; does it run where"
            " SALUR_MONGO__URL points?"
        )
    why = found[1].strip()
    return DatabaseUntrusted(f"MongoDB's certificate is not trusted at {what} ({why}); {WAY_OUT}")


def duplicates(error: BulkWriteError, what: str) -> list[int]:
    """Return the positions refused as duplicate keys, where a majority confirms all the others.

    Raises:
        DatabaseAway: no majority has confirmed, or another write failed and time may heal it.
        DatabaseRefuses: a right is missing.
        BulkWriteError: another write failed by a mistake of ours.
    """
    with typed_errors(what):
        failures = (error.details or {}).get("writeErrors", [])
        if _is_unconfirmed(error) or any(each["code"] != DUPLICATE_KEY for each in failures):
            raise error
    return [each["index"] for each in failures]


def unconfirmed(what: str, code: int | None) -> DatabaseAway:
    """Return the error of a write that may be done, and may be undone by the next election."""
    name = HEALING.get(code or 0, "unknown")
    return DatabaseAway(f"no majority of MongoDB confirms {what}: code {code} {name}")


def _is_unconfirmed(error: BulkWriteError) -> bool:
    return bool((error.details or {}).get("writeConcernErrors"))


def _judge_bulk(error: BulkWriteError, what: str) -> None:
    details: Mapping[str, Any] = error.details or {}
    if _is_unconfirmed(error):
        raise unconfirmed(what, details["writeConcernErrors"][0].get("code")) from error
    codes = [each["code"] for each in details.get("writeErrors", [])]
    # A mistake among them stays one however often the others are repeated.
    for code in sorted(codes, key=lambda code: code in HEALING):
        if code != DUPLICATE_KEY:
            return _judge_code(code, what, error)


def _judge(error: OperationFailure, what: str) -> None:
    if any(error.has_error_label(label) for label in LABELS):
        raise DatabaseAway(f"MongoDB failed at {what}: code {error.code}") from error
    _judge_code(error.code or 0, what, error)


def _judge_code(code: int, what: str, error: Exception) -> None:
    if code in HEALING:
        raise DatabaseAway(f"MongoDB failed at {what}: code {code} {HEALING[code]}") from error
    if code in REFUSING:
        raise DatabaseRefuses(
            f"MongoDB refuses {what} to this user: code {code} {REFUSING[code]}; see to its name,"
            " password and roles (deploy/README.md, MongoDB's users)"
        ) from error
    log.error("MongoDB cannot do %s: code %d, which no repeat heals", what, code)

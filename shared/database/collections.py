"""The database's collections as data: each has exactly one writer; others may read.

`cases` can be restored from Kafka; `private` is what Kafka never sees. What one service writes and
another reads is a contract between them, as an event is: shared/database/README.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shared.contracts.topics import SERVICES


class Recovery(StrEnum):
    """What brings a collection back that was lost."""

    EVENTS = "`salur restore`"  # from complaint-event
    BACK_UP = "back-up"  # `salur backup` saves the private database, whole
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """One row of the table.

    `commands` are those of `salur` that open the collection themselves and do not ask a service:
    they read it, or change it in its writer's place. That `backup` copies the private database is
    said by `recovery`. `fields_in` is the module of `shared/` that writer and readers both use.
    """

    name: str
    database: Literal["cases", "private"]
    writer: str
    holds: str
    readers: tuple[str, ...] = ()  # services
    commands: tuple[str, ...] = ()
    recovery: Recovery = Recovery.BACK_UP
    loss: str = ""  # what is missed where nothing brings it back
    fields_in: str = ""
    is_only_added_to: bool = False  # by its writer: nothing is changed or removed


CASES = "cases"
FACTS = "facts"
NEIGHBOURS = "neighbours"
REFUSALS = "refusals"
VAULT = "vault"
CONTACTS = "contacts"
RECEIPTS = "receipts"
KEYS = "keys"
ENDPOINTS = "endpoints"
DELIVERIES = "deliveries"
LANES = "lanes"
AUDIT = "audit"
ERASURES = "erasures"
OPT_OUTS = "opt_outs"
ALLOWANCES = "allowances"
UNITS = "units"


def stops_of(service: str) -> str:
    """Return the collection in which a service keeps the stops of its stage."""
    return f"{service}_stops"


COLLECTIONS = (
    CollectionSpec(
        CASES,
        "cases",
        "router",
        "each case with its whole history, and what it is found by",
        readers=("intake",),
        commands=("restore", "dead-letters", "export-decisions", "units"),
        recovery=Recovery.EVENTS,
        fields_in="shared/contracts/documents.py",
    ),
    CollectionSpec(
        FACTS,
        "cases",
        "metrics",
        "one small row per complaint, for counting",
        commands=("restore",),
        recovery=Recovery.EVENTS,
    ),
    CollectionSpec(
        NEIGHBOURS,
        "cases",
        "router",
        "sketches of recent reports, without their text",
        recovery=Recovery.NOTHING,
        loss="links to reports of the last days",
    ),
    CollectionSpec(
        REFUSALS,
        "cases",
        "router",
        "why actions were dropped, for their senders",
        readers=("intake",),
        recovery=Recovery.NOTHING,
        loss="why an action was dropped: its sender is told that it is pending",
        fields_in="shared/contracts/refused_actions.py",
    ),
    CollectionSpec(
        VAULT,
        "private",
        "intake",
        "reporters' identities and original texts, sealed",
        commands=("keys",),
    ),
    CollectionSpec(
        CONTACTS,
        "private",
        "intake",
        "where reporters are written to, sealed",
        readers=("notifier",),
        commands=("keys",),
        fields_in="shared/contracts/documents.py",
    ),
    CollectionSpec(RECEIPTS, "private", "intake", "accepted ids and fingerprints"),
    CollectionSpec(KEYS, "private", "intake", "API keys, hashed", commands=("keys",)),
    CollectionSpec(
        AUDIT,
        "private",
        "intake",
        "who did what with identities, in chains of entries",
        commands=("audit", "backup", "keys"),
        is_only_added_to=True,
    ),
    CollectionSpec(
        ERASURES,
        "private",
        "intake",
        "erasures asked for, with their deadlines",
        commands=("dead-letters",),
    ),
    CollectionSpec(
        OPT_OUTS,
        "private",
        "intake",
        "which reporters want no messages",
        readers=("notifier",),
        fields_in="shared/contracts/documents.py",
    ),
    CollectionSpec(
        ENDPOINTS,
        "private",
        "intake",
        "institutions' subscriptions, with the secrets of their webhooks",
        readers=("notifier",),
        commands=("deliveries", "doctor"),
        fields_in="shared/contracts/subscriptions.py",
    ),
    CollectionSpec(
        DELIVERIES,
        "private",
        "notifier",
        "one row per event and endpoint: the message, and what came of it",
        readers=("intake",),
        commands=("deliveries",),
        fields_in="shared/contracts/deliveries.py",
    ),
    CollectionSpec(
        LANES,
        "private",
        "notifier",
        "how each endpoint is doing, and when it is tried again",
        readers=("intake",),
        commands=("deliveries", "doctor"),
        fields_in="shared/contracts/deliveries.py",
    ),
    CollectionSpec(
        ALLOWANCES,
        "private",
        "notifier",
        "which messages a contact got today, by its hash",
    ),
    CollectionSpec(
        UNITS,
        "private",
        "intake",
        "names of institutions' units that an operator accepted",
        readers=("router", "metrics"),
        commands=("units",),
        fields_in="shared/reference/accepted_units.py",
    ),
    *(
        CollectionSpec(
            stops_of(service),
            "private",
            service,
            "where its stage has stopped, until an operator lets it go on",
            commands=("doctor", "resume"),
        )
        for service in SERVICES
    ),
)

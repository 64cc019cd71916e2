"""The database's collections as data: each has exactly one writer; others may read.

`cases` can be restored from Kafka; `private` is what Kafka never sees.
"""

from dataclasses import dataclass
from typing import Literal

from shared.contracts.topics import SERVICES


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """One row of the table."""

    name: str
    database: Literal["cases", "private"]
    writer: str
    readers: tuple[str, ...]
    holds: str
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
    CollectionSpec(CASES, "cases", "router", ("intake",), "cases with their history"),
    CollectionSpec(FACTS, "cases", "metrics", (), "one small row per complaint, for counting"),
    # Without it, only links to reports of the last days are missed.
    CollectionSpec(NEIGHBOURS, "cases", "router", (), "sketches of recent reports, no text"),
    # Without it, who was refused without an entry is told that it is pending.
    CollectionSpec(
        REFUSALS, "cases", "router", ("intake",), "why actions were dropped, for their senders"
    ),
    CollectionSpec(VAULT, "private", "intake", (), "reporters' identity, original texts; sealed"),
    CollectionSpec(
        CONTACTS, "private", "intake", ("notifier",), "where reporters are written to; sealed"
    ),
    CollectionSpec(RECEIPTS, "private", "intake", (), "accepted ids and fingerprints"),
    CollectionSpec(KEYS, "private", "intake", (), "API keys, hashed"),
    CollectionSpec(
        AUDIT,
        "private",
        "intake",
        (),
        "who did what with identities, chained",
        is_only_added_to=True,
    ),
    CollectionSpec(ERASURES, "private", "intake", (), "erasures asked for, with their deadlines"),
    CollectionSpec(OPT_OUTS, "private", "intake", ("notifier",), "reporters not to be written to"),
    CollectionSpec(
        ENDPOINTS, "private", "intake", ("notifier",), "agencies' subscriptions, secrets too"
    ),
    CollectionSpec(
        DELIVERIES, "private", "notifier", ("intake",), "one row per event and endpoint"
    ),
    CollectionSpec(LANES, "private", "notifier", ("intake",), "how each endpoint is doing"),
    CollectionSpec(
        ALLOWANCES, "private", "notifier", (), "which messages a contact got today, by its hash"
    ),
    CollectionSpec(
        UNITS, "private", "intake", ("router", "metrics"), "names of units that were accepted"
    ),
    # `salur resume` deletes what these hold, for the operator.
    *(
        CollectionSpec(stops_of(service), "private", service, (), "where its stage has stopped")
        for service in SERVICES
    ),
)

"""The database's collections as data: each has exactly one writer; others may read.

`cases` can be restored from Kafka; `private` is what Kafka never sees.
"""

from dataclasses import dataclass
from typing import Literal

from shared.topics import SERVICES


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """One row of the table."""

    name: str
    database: Literal["cases", "private"]
    writer: str
    readers: tuple[str, ...]
    holds: str


CASES = "cases"
FACTS = "facts"
NEIGHBOURS = "neighbours"
VAULT = "vault"
RECEIPTS = "receipts"
KEYS = "keys"
ENDPOINTS = "endpoints"
DELIVERIES = "deliveries"
LANES = "lanes"


def stops_of(service: str) -> str:
    """Return the collection in which a service keeps the stops of its stage."""
    return f"{service}_stops"


COLLECTIONS = (
    CollectionSpec(CASES, "cases", "router", ("intake",), "cases with their history"),
    CollectionSpec(FACTS, "cases", "metrics", (), "one small row per complaint, for counting"),
    # Without it, only links to reports of the last days are missed.
    CollectionSpec(NEIGHBOURS, "cases", "router", (), "sketches of recent reports, no text"),
    CollectionSpec(VAULT, "private", "intake", (), "reporters' identity and original texts"),
    CollectionSpec(RECEIPTS, "private", "intake", (), "accepted ids and fingerprints"),
    CollectionSpec(KEYS, "private", "intake", (), "API keys, hashed"),
    CollectionSpec(ENDPOINTS, "private", "intake", ("notifier",), "agencies' webhooks"),
    CollectionSpec(DELIVERIES, "private", "notifier", (), "one row per event and endpoint"),
    CollectionSpec(LANES, "private", "notifier", (), "how each endpoint is doing"),
    # `salur resume` deletes what these hold, for the operator.
    *(
        CollectionSpec(stops_of(service), "private", service, (), "where its stage has stopped")
        for service in SERVICES
    ),
)

"""How large records and documents are, after a round: what sizing rests on.

Everything was submitted and routed by then and nothing answered: one entry in each case.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import fmean

from bson import DEFAULT_CODEC_OPTIONS, encode
from bson.binary import UuidRepresentation

from deploy.dev.bench.records import Kept, Records
from deploy.dev.local.stack import Stack
from shared.contracts.topics import EVENT, INPUT, agency_topic
from shared.database.collections import CASES, DELIVERIES, FACTS, RECEIPTS, VAULT
from shared.database.mongo import Collection, Mongo

SAMPLE = 500  # documents of a collection
RECORD_OVERHEAD = 70  # bytes: length, offset, time and attributes in a batch of a few records
AGENCY = "agency"  # stands for all institutions' topics
UUIDS = DEFAULT_CODEC_OPTIONS.with_options(uuid_representation=UuidRepresentation.STANDARD)
Sizes = Mapping[str, Mapping[str, int]]


async def sizes(stack: Stack) -> Sizes:
    """Return mean bytes of `records` by topic and of `documents` by collection, uncompressed."""
    kept = Records(stack.kafka)
    told = [agency_topic(code) for code in stack.options.agencies]
    topics = {INPUT: [INPUT], EVENT: [EVENT], AGENCY: told}
    records = {name: _mean(await kept.read(topic, 1)) for name, topic in topics.items()}
    async with Mongo(stack.mongo) as mongo:
        restorable = {name: await _document(mongo.cases(name)) for name in (CASES, FACTS)}
        own = (VAULT, RECEIPTS, DELIVERIES)
        private = {name: await _document(mongo.private(name)) for name in own}
    return {"records": records, "documents": restorable | private}


def _mean(records: Kept) -> int:
    return round(fmean(_bytes(record) for record in islice(records, SAMPLE)))


def _bytes(record: object) -> int:
    headers: Sequence[tuple[str, bytes]] = getattr(record, "headers", ())
    parts = (getattr(record, "key", None), getattr(record, "value", None))
    named = sum(len(name) + len(value or b"") for name, value in headers)
    return RECORD_OVERHEAD + named + sum(len(part or b"") for part in parts)


async def _document(collection: Collection) -> int:
    found = await collection.find({}, limit=SAMPLE)
    return round(fmean(len(encode(one, codec_options=UUIDS)) for one in found))

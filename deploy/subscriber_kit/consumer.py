"""Example: receives an institution's complaints from Kafka and answers each with a follow-up.

Copy it and put your own work into `take_in`. It imports nothing of Salur; it needs Python 3.11 and
`pip install 'aiokafka[lz4]>=0.14,<0.15'`. `python consumer.py` runs until Ctrl-C, and with
`--once` until one complaint was answered and the outcome heard.
"""

import asyncio
import contextlib
import json
import os
import sqlite3
import ssl
import sys
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

CODE = os.environ["SALUR_AGENCY"]
TOPIC = f"agency-{CODE}"
OWN_ACTIONS = uuid5(uuid5(NAMESPACE_URL, "urn:salur"), f"agency:{CODE}")
PROTOCOL = os.environ.get("SALUR_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
KAFKA = {
    "bootstrap_servers": os.environ["SALUR_KAFKA__BOOTSTRAP_SERVERS"],
    "security_protocol": PROTOCOL,
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_plain_username": os.environ["SALUR_KAFKA__USERNAME"],
    "sasl_plain_password": os.environ["SALUR_KAFKA__PASSWORD"],
    "ssl_context": ssl.create_default_context(cafile=os.environ.get("SALUR_KAFKA__CA_FILE"))
    if PROTOCOL == "SASL_SSL"
    else None,
}


async def take_in(event: dict[str, Any], ce_id: str, producer: AIOKafkaProducer) -> str | None:
    """Do your work for one event; return the id of the action that it asked for, if any."""
    print(event["outcome"], event["number"], event.get("refusal", ""), flush=True)
    if event["outcome"] != "routed":
        return None  # by `outcome`: a reply, a limit that comes near, an erasure …
    action = {"kind": "follow_up", "text": "Laporan diterima dan diteruskan ke petugas."}
    own_id = f"{ce_id}-received"  # made from the event, so that a repeat asks for nothing new
    await producer.send_and_wait(
        f"{TOPIC}-action",
        json.dumps({"complaint_id": event["complaint_id"], "action": action}).encode(),
        key=event["complaint_id"].encode(),
        headers=[("ce_id", own_id.encode())],
    )
    return str(uuid5(OWN_ACTIONS, own_id))


def is_known(ce_type: str) -> bool:
    """Tell whether this is an event about a complaint, in the version that is read here."""
    return ce_type.startswith("id.salur.complaint.") and ce_type.endswith(".v1")


async def main(once: bool) -> None:
    """Receive events in order, each once, until Ctrl-C."""
    seen = sqlite3.connect(os.environ.get("SEEN", "seen.db"))
    seen.execute("CREATE TABLE IF NOT EXISTS seen (ce_id TEXT PRIMARY KEY)")
    group = {"group_id": f"{TOPIC}.desk", "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(TOPIC, **KAFKA, **group, enable_auto_commit=False)
    awaited = None
    async with AIOKafkaProducer(**KAFKA, enable_idempotence=True) as producer, consumer:
        async for record in consumer:
            headers = {name: value.decode() for name, value in record.headers}
            ce_id, event = headers["ce_id"], json.loads(record.value)
            was_seen = seen.execute("SELECT 1 FROM seen WHERE ce_id = ?", (ce_id,)).fetchone()
            if is_known(headers["ce_type"]) and not was_seen:
                awaited = await take_in(event, ce_id, producer) or awaited
                with seen:  # after the work: a crash before this line repeats it, never skips it
                    seen.execute("INSERT INTO seen VALUES (?)", (ce_id,))
            await consumer.commit()
            if once and awaited and event.get("action_id") == awaited:
                return


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(once="--once" in sys.argv))

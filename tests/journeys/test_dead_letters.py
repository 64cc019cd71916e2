"""Dead letters put back late: no older state is a case's last record, no erased word returns."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.operate.dead_letters.reader import read_letters
from deploy.operate.dead_letters.replay import DeadLetterReplay, replay_letters
from shared.contracts.events import InputType
from shared.contracts.topics import EVENT, INPUT, SERVICES, dead_letter_topic, spec_of
from shared.database.mongo import Mongo
from shared.errors import Permanent
from shared.kafka.clients import client_options
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.envelope import Record
from shared.kafka.publisher import Publisher
from tests.journeys.conftest import Journey, NewJourney
from tests.journeys.test_erasure import FIRST, FORM, WORD, Told, traces
from tests.journeys.test_restore import salur

pytestmark = [pytest.mark.connected, pytest.mark.timeout(400)]
Eventually = Callable[..., Awaitable[None]]
REASON = Permanent("invalid_value", "case: unknown")
AGENCY = f"agency-{FIRST}"


async def set_aside(journey: Journey, service: str, records: Sequence[Record]) -> None:
    """Have a service give up records, as one that cannot read them does."""
    publisher = Publisher(journey.stack.kafka)
    await publisher.publish([DeadLetter(service, one, REASON) for one in records])
    await publisher.stop()


class Watch:
    """All that is written of one complaint, as it comes."""

    def __init__(self, told: Told, reader: AIOKafkaConsumer) -> None:
        self.told = told
        self.journey = told.journey
        self.said: list[Record] = []
        self._reader = reader
        self._key = str(told.id).encode()

    async def look(self) -> None:
        """Take in what has come since."""
        for records in (await self._reader.getmany(timeout_ms=100)).values():
            self.said += [record for record in records if record.key == self._key]

    async def until(self, wanted: list[int], eventually: Eventually) -> None:
        """Wait until the case has been said so on its topic of events and its institution's."""

        async def holds() -> bool:
            await self.look()
            return all(seqs(self.said, topic) == wanted for topic in (EVENT, AGENCY))

        await eventually(holds, f"seq {wanted} on both topics")

    def first(self, topic: str) -> Record:
        return next(record for record in self.said if record.topic == topic)


@asynccontextmanager
async def watching(told: Told) -> AsyncIterator[Watch]:
    reader = AIOKafkaConsumer(**client_options(told.journey.stack.kafka))
    async with reader:
        topics = (EVENT, INPUT, AGENCY, *map(dead_letter_topic, SERVICES))
        places = [
            TopicPartition(one, at) for one in topics for at in range(spec_of(one).partitions)
        ]
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        yield Watch(told, reader)


def seqs(records: Iterable[Record], topic: str) -> list[int]:
    return [json.loads(one.value or b"")["seq"] for one in records if one.topic == topic]


async def replayed(journey: Journey, service: str, *more: str) -> dict[str, Any]:
    code, result, words = await salur(journey, "dead-letters", "replay", service, *more)
    assert code == 0, words
    return {name: value for name, value in result.items() if value}


async def test_letters_put_back_late_bring_back_no_older_state_and_no_erased_word(
    new_journey: NewJourney, eventually: Eventually, tmp_path: Path
) -> None:
    journey = await new_journey(env={"ROUTER_MODEL": "", "INTAKE_ERASURES_SECONDS": "0.3"})
    async with Mongo(journey.stack.mongo) as mongo:
        key = {"Idempotency-Key": str(uuid4())}
        status, answer = await journey.call("POST", "/v1/complaints", body=FORM, headers=key)
        assert status == 202, answer
        told = Told(journey, mongo, answer)
        await eventually(told.has(1), "the case")
        await told.act(FIRST, kind="complete", text=f"Jalan {WORD} selesai.")
        async with watching(told) as watch:
            await watch.until([1, 2], eventually)
            await check_the_newest_state_stays_last(watch, eventually)
            await check_a_mended_input_is_taken(watch, eventually, tmp_path)
            await check_nothing_erased_comes_back(watch, eventually)


async def check_the_newest_state_stays_last(watch: Watch, eventually: Eventually) -> None:
    """Put back the first of two events, which metrics, and the notifier, could not read."""
    for service, topic, times in (("metrics", EVENT, 2), ("notifier", AGENCY, 3)):
        await set_aside(watch.journey, service, [watch.first(topic)])

        done = await replay_letters(watch.journey.stack.kafka, service)

        assert done == DeadLetterReplay(said_again=1)
        await watch.until([1, 2] * times, eventually)
    assert (await watch.told.case())["seq"] == 2


async def check_a_mended_input_is_taken(watch: Watch, eventually: Eventually, folder: Path) -> None:
    """Mend what the router really could not read, and have it handled."""
    journey, complaint = watch.journey, str(watch.told.id)
    await journey.write(INPUT, [(complaint.encode(), b"no json", [("ce_type", b"odd")])])

    async def is_dead() -> bool:
        return len(await read_letters(journey.stack.kafka, "router")) == 1

    await eventually(is_dead, "the dead letter")
    file = folder / "letter.json"
    show = ("dead-letters", "show", "router", "0", "--out", str(file))
    code, shown, words = await salur(journey, *show)
    assert (code, shown["file"]) == (0, str(file)), words
    letter = json.loads(file.read_text())
    assert letter["value"] == "no json"
    letter["headers"] = [["ce_type", InputType.SAY_AGAIN]]
    letter["value"] = {"json": {"complaint_id": complaint, "topic": EVENT}}
    file.write_text(json.dumps(letter))

    done = await replayed(journey, "router", "--only", "0", "--value", str(file))

    assert done == {"service": "router", "replayed": 1}
    await watch.until([1, 2] * 4, eventually)


async def check_nothing_erased_comes_back(watch: Watch, eventually: Eventually) -> None:
    """Erase it, and put back letters of every kind that hold its words."""
    journey = watch.journey
    old = {"metrics": EVENT, "notifier": AGENCY, "router": INPUT}
    operator = await journey.key("operator", "tests")
    erase = ("erase", watch.told.number, "--reason", "requested", "--wait", "60")
    where = ("--key", operator, "--url", journey.stack.url("intake"))
    code, view, words = await salur(journey, *erase, *where)
    assert (code, view["state"]) == (0, "fading"), words
    await watch.until([*[1, 2] * 4, 3], eventually)
    ended = len(watch.said)
    for service, topic in old.items():
        assert traces(watch.first(topic).value), "the test shows nothing"
        await set_aside(journey, service, [watch.first(topic)])

    for service in ("metrics", "notifier"):
        assert await replay_letters(journey.stack.kafka, service) == DeadLetterReplay(said_again=1)
    left = await replayed(journey, "router")

    assert left["left"] == [{"at": 1, "because": "its complaint is erased"}]

    async def ends_erased() -> bool:
        # Both may be taken in one batch: then the case is said once.
        await watch.look()
        new = watch.said[ended:]
        return all(seqs(new, topic)[-3:] == [1, 2, 3] for topic in (EVENT, AGENCY))

    await eventually(ends_erased, "the erased case said again")
    with_words = [one.topic for one in watch.said[ended:] if traces(one.value)]
    assert sorted(with_words) == ["metrics-dlq", "notifier-dlq", "router-dlq"]
    assert not [name for name, kept in (await watch.told.kept()).items() if traces(kept)]

"""The demo's feed: single posts, batches, repeats of a key, faulty forms and broken records."""

import functools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from aiokafka import AIOKafkaProducer

from deploy.dev.complaint_feed.faulty import RawRecord
from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import Answer, IntakeClient
from deploy.operate.intake_client.form_columns import KEY_COLUMN, Form
from shared.contracts.topics import INPUT

BATCH_LINES = 40
BATCHED = 0.4  # of all complaints
REPEATED = 0.05
Keyed = tuple[str, Form]
Unit = Callable[[], Awaitable[None]]


@dataclass
class Answers:
    """What the feeder was told: the numbers of each idempotency key's 202 answers, and the rest."""

    acknowledged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    refused: int = 0
    unanswered: int = 0

    def note(self, key: str, answer: Answer) -> None:
        """Count one answer."""
        if answer.accepted and answer.number is not None:
            self.acknowledged[key].add(answer.number)
        elif answer.refused:
            self.refused += 1
        else:
            self.unanswered += 1


@dataclass(frozen=True, slots=True)
class Feed:
    """All that is to be sent."""

    good: Sequence[Keyed]
    faulty: Sequence[Keyed] = ()
    broken: Sequence[RawRecord] = ()
    repeats: bool = True


def keyed(bodies: Iterable[Form]) -> list[Keyed]:
    """Take each body's idempotency key out of it."""
    return [(str(body[KEY_COLUMN]), _without_key(body)) for body in bodies]


def _without_key(body: Form) -> Form:
    return {name: value for name, value in body.items() if name != KEY_COLUMN}


class Load:
    """Sends a feed in a shuffled order that depends on the seed alone."""

    def __init__(self, intake: IntakeClient, producer: AIOKafkaProducer, seed: int) -> None:
        self.answers = Answers()
        self._intake = intake
        self._producer = producer
        self._random = Random(seed)

    async def send(self, feed: Feed) -> None:
        """Send everything, a bounded number of requests at a time."""
        units = [*self._submissions(feed), *self._broken(feed.broken)]
        self._random.shuffle(units)
        await in_parallel(units, _run)

    def _submissions(self, feed: Feed) -> Iterable[Unit]:
        good = list(feed.good)
        self._random.shuffle(good)
        batched = good[: round(len(good) * BATCHED)]
        for start in range(0, len(batched), BATCH_LINES):
            yield functools.partial(self._post_batch, batched[start : start + BATCH_LINES])
        for key, form in [*good[len(batched) :], *feed.faulty]:
            yield functools.partial(self._post, key, form)
        if feed.repeats:
            for key, form in self._random.sample(good, round(len(good) * REPEATED)):
                yield functools.partial(self._post, key, form)

    def _broken(self, records: Iterable[RawRecord]) -> Iterable[Unit]:
        return (functools.partial(self._write, record) for record in records)

    async def _post(self, key: str, form: Form) -> None:
        self.answers.note(key, await self._intake.submit(form, key))

    async def _post_batch(self, forms: Sequence[Keyed]) -> None:
        answers = await self._intake.submit_batch(forms)
        for (key, _), answer in zip(forms, answers, strict=True):
            self.answers.note(key, answer)

    async def _write(self, record: RawRecord) -> None:
        key, value, headers = record
        await self._producer.send_and_wait(INPUT, value, key=key, headers=headers)


async def _run(unit: Unit) -> None:
    await unit()

"""Print the files of services/ and shared/ that one complaint passes through, from door to webhook.

It lies here, not in deploy/: the stores in memory that it stands on are those of the tests.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

from services.router.reference.rulebook import RuleBook
from services.router.settings import RouterSettings
from shared.contracts.topics import EVENT, agency_topic
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import SetClock
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.intake.conftest import IntakeBench
from tests.metrics.test_handlers import Bench as MetricsBench
from tests.notifier.events import KAB, endpoint
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, fast_settings
from tests.router.conftest import RouterBench
from tests.support.builders import START, FakeRecord

ROOT = Path(__file__).parents[2]
FORM = {
    "title": "Jalan rusak",
    "text": "Jalan rusak dan berlubang di depan pasar Tigaraksa, Kabupaten Tangerang",
    "place": {"region_code": "36.03"},
}


class Walk:
    """The files in which functions were called, in order; a file is not repeated in a row."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    @property
    def steps(self) -> list[str]:
        """Return the sequence of files without repeats in a row."""
        return [name for name, _ in groupby(self.calls)]

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Note every call on this thread until the end."""
        roots = tuple(f"{ROOT / folder}/" for folder in ("services", "shared"))

        def note(frame: FrameType, event: str, _: Any) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(roots):
                self.calls.append(frame.f_code.co_filename.removeprefix(f"{ROOT}/"))

        sys.setprofile(note)
        try:
            yield
        finally:
            sys.setprofile(None)


async def walk() -> Walk:
    """Take one complaint through the four services."""
    way = Walk()
    intake, router, metrics = IntakeBench(), RouterBench(), MetricsBench()
    rules = RuleBook(RouterSettings().files)
    await rules.reload()
    router.decider = rules.decider()  # type: ignore[assignment]
    await router.provisioned.refresh()
    store, sender = MemoryStore(known={KAB: (endpoint(),)}), FakeSender()
    notifier = Notifier(store, sender, SetClock(START), fast_settings())
    notifier.hold(KAB)
    async with intake.http, notifier:
        with way.traced():
            await intake.accepted(**FORM)
            work = await _handled(router.handler, intake.publisher.sent)
            told = [one for one in work.publications if one.topic == agency_topic(KAB)]
            await _handled(notifier.handler, told)
            while store.states() != ["delivered"]:
                await asyncio.sleep(0)
            events = [one for one in work.publications if one.topic == EVENT]
            await _handled(metrics.handler, events)
    return way


async def _handled(handler: Any, messages: list[Outgoing]) -> HandlerResult:
    if not messages:
        raise LookupError(f"nothing came to {type(handler).__name__}")
    records = [_record(message, offset) for offset, message in enumerate(messages)]
    work = await handler.handle([DecodedRecord(one, handler.decode(one)) for one in records])
    return work if isinstance(work, HandlerResult) else HandlerResult()


def _record(message: Outgoing, offset: int) -> FakeRecord:
    names = ("ce_id", "ce_type", "ce_source")
    headers = [(name, str(getattr(message, name)).encode()) for name in names]
    headers.append(("ce_time", message.ce_time.isoformat().encode()))
    return FakeRecord(
        message.topic, 0, offset, key=message.key, value=message.value, headers=headers
    )


def main() -> None:
    """Print the sequence, then how many files it touches and how often it changes file."""
    steps = asyncio.run(walk()).steps
    first = dict.fromkeys(steps)
    lines = [f"{steps.count(name):>4}  {name}" for name in first]
    lines.append(f"{len(first)} files, {len(steps) - 1} changes of file")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

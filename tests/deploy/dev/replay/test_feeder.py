"""A history goes through the doors in order per complaint, and never beyond its checkpoint."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from deploy.dev.replay.feeder import Feeder
from deploy.dev.replay.plan import Report, Step
from deploy.operate.intake_client.client import Answer, IntakeClient
from deploy.operate.intake_client.form_columns import Form
from deploy.processes import PartFailed

START = datetime(2021, 1, 1, tzinfo=UTC)
REFUSED = Answer(422, detail="no")


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def report(number: int, *actions: tuple[float, str]) -> Report:
    steps = tuple(Step(hours(at), _action(kind)) for at, kind in actions)
    form: Form = {"text": "x", "institution": "kab-3603"}
    return Report(f"key-{number}", form, hours(number), "kab-3603", steps)


def _action(kind: str) -> Form:
    target: Form = {"institution": "prov-36"} if kind == "transfer" else {}
    return {"kind": kind, "text": "x", **target}


class Doors(IntakeClient):
    """Notes what comes in; answers 202, or what it was told to."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", None)
        self.batches: list[list[str]] = []
        self.acted: dict[str, list[tuple[str, str, object]]] = defaultdict(list)
        self.answer = Answer(202, "N")

    async def submit_batch(self, forms: Sequence[tuple[str, Form]]) -> list[Answer]:
        self.batches.append([key for key, _ in forms])
        return [Answer(self.answer.status, f"N-{key}") for key, _ in forms]

    async def act(self, number: str, action: Form, key: str) -> Answer:
        self.acted[number].append((key, str(action["kind"]), action["occurred_at"]))
        return self.answer


async def fed(doors: Doors, feeder: Feeder, until: float) -> int:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1

    left = feeder.left_until(hours(until))
    await feeder.feed(hours(until), count)
    assert done == left
    return done


async def test_of_each_complaint_everything_goes_in_order_with_its_time() -> None:
    doors = Doors()
    history = [report(n, (n + 1, "follow_up"), (n + 2, "complete")) for n in range(250)]

    await fed(doors, Feeder(history, doors, doors), 1000)

    assert [len(batch) for batch in doors.batches] == [100, 100, 50]
    assert set(doors.acted) == {f"N-key-{n}" for n in range(250)}
    for number, acted in doors.acted.items():
        n = int(number.rpartition("-")[2])
        assert acted == [
            (f"key-{n}-0", "follow_up", hours(n + 1).isoformat()),
            (f"key-{n}-1", "complete", hours(n + 2).isoformat()),
        ]


async def test_a_checkpoint_stops_the_history_and_the_next_one_takes_it_up() -> None:
    doors = Doors()
    history = [report(0, (1, "transfer"), (5, "complete")), report(4, (6, "follow_up"))]
    feeder = Feeder(history, doors, doors)

    await fed(doors, feeder, 2)
    assert feeder.fed == {("prov-36", "routed"): 1}

    await fed(doors, feeder, 10)
    assert feeder.fed == {("prov-36", "completed"): 1, ("kab-3603", "in_progress"): 1}
    assert [kind for _, kind, _ in doors.acted["N-key-0"]] == ["transfer", "complete"]
    assert doors.batches == [["key-0"], ["key-4"]]


async def test_a_unit_changes_no_status() -> None:
    doors = Doors()
    feeder = Feeder([report(0, (1, "assign_unit"))], doors, doors)

    await fed(doors, feeder, 2)

    assert feeder.fed == {("kab-3603", "routed"): 1}


async def test_a_refused_action_ends_the_replay() -> None:
    doors = Doors()
    feeder = Feeder([report(0, (1, "complete"))], doors, doors)
    await feeder.feed(hours(0), lambda: None)
    doors.answer = REFUSED

    with pytest.raises(PartFailed, match="complete on key-0: 422"):
        await feeder.feed(hours(2), lambda: None)


async def test_a_refused_complaint_ends_the_replay() -> None:
    doors = Doors()
    doors.answer = REFUSED

    with pytest.raises(PartFailed, match="complaint key-0: 422"):
        await Feeder([report(0)], doors, doors).feed(hours(2), lambda: None)

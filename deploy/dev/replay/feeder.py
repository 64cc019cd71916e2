"""Feeds a history through intake's doors: complaints in batches, actions one by one.

Much goes at once; of one complaint everything goes in order, each step after the one before was
acknowledged. Complaints come from a trusted gateway; a trusted operator acts for the institutions,
so that every door keeps its own rules and one key is enough.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from deploy.dev.replay.plan import Report, Step
from deploy.dev.replay.scenario import Course
from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import Answer, IntakeClient
from deploy.operate.intake_client.form_columns import Form
from deploy.processes import PartFailed

BATCH_LINES = 100
BATCHES_AT_ONCE = 3
ACTIONS_AT_ONCE = 12
_BECOMES = {
    "transfer": Course.UNTOUCHED.status,
    "follow_up": Course.FOLLOWED_UP.status,
    "complete": Course.COMPLETED.status,
    "return_to_reporter": Course.RETURNED.status,
}
HolderStatus = tuple[str, str]  # institution and status


class Feeder:
    """Feeds one history, up to one instant after the other; `fed` is what it must have come to."""

    def __init__(
        self, reports: Sequence[Report], gateway: IntakeClient, operator: IntakeClient
    ) -> None:
        self._reports = reports
        self._gateway = gateway
        self._operator = operator
        self._numbers: dict[str, str] = {}
        self._taken: Counter[str] = Counter()  # steps of each complaint

    @property
    def fed(self) -> Counter[HolderStatus]:
        """Return how many complaints stand how, by what was acknowledged."""
        known = (one for one in self._reports if one.key in self._numbers)
        return Counter(_holder_status(one, one.steps[: self._taken[one.key]]) for one in known)

    def left_until(self, as_of: datetime) -> int:
        """Return how many complaints and actions are still to be fed up to an instant."""
        new = sum(one.key not in self._numbers for one in self._received(as_of))
        return new + sum(len(self._due(one, as_of)) for one in self._received(as_of))

    async def feed(self, as_of: datetime, done: Callable[[], None]) -> None:
        """Feed everything that happens up to an instant; `done` is called after each.

        Raises:
            PartFailed: intake refused something, or gave no answer.
        """
        new = [one for one in self._received(as_of) if one.key not in self._numbers]
        batches = [new[at : at + BATCH_LINES] for at in range(0, len(new), BATCH_LINES)]
        older = [one for one in self._received(as_of) if one.key in self._numbers]

        async def submit(batch: Sequence[Report]) -> None:
            await self._submit(batch, done)
            await self._act(batch, as_of, done)

        await self._act(older, as_of, done)
        await in_parallel(batches, submit, at_once=BATCHES_AT_ONCE)

    def _received(self, as_of: datetime) -> list[Report]:
        return [one for one in self._reports if one.received_at <= as_of]

    def _due(self, report: Report, as_of: datetime) -> list[Step]:
        return [step for step in report.steps[self._taken[report.key] :] if step.at <= as_of]

    async def _submit(self, batch: Sequence[Report], done: Callable[[], None]) -> None:
        answers = await self._gateway.submit_batch([(one.key, one.form) for one in batch])
        for report, answer in zip(batch, answers, strict=True):
            if not answer.accepted or answer.number is None:
                raise _refused(f"complaint {report.key}", answer)
            self._numbers[report.key] = answer.number
            done()

    async def _act(
        self, reports: Iterable[Report], as_of: datetime, done: Callable[[], None]
    ) -> None:
        async def act_on(report: Report) -> None:
            for step in self._due(report, as_of):
                await self._take(report, step)
                self._taken[report.key] += 1
                done()

        await in_parallel(reports, act_on, at_once=ACTIONS_AT_ONCE)

    async def _take(self, report: Report, step: Step) -> None:
        key = f"{report.key}-{self._taken[report.key]}"
        body: Form = {**step.action, "occurred_at": step.at.isoformat()}
        answer = await self._operator.act(self._numbers[report.key], body, key)
        if answer.status != 202:
            raise _refused(f"{step.action['kind']} on {report.key}", answer)


def _holder_status(report: Report, steps: Iterable[Step]) -> HolderStatus:
    institution, status = report.institution, Course.UNTOUCHED.status
    for step in steps:
        institution = str(step.action.get("institution", institution))
        status = _BECOMES.get(str(step.action["kind"]), status)
    return institution, status.value


def _refused(what: str, answer: Answer) -> PartFailed:
    return PartFailed("intake", f"{what}: {answer.status or 'no answer'} {answer.detail}".strip())

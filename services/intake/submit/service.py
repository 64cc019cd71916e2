"""Accepting: keep it, send it, and only then say so.

Order: receipt, vault row, Kafka's acknowledgement, mark, answer. A crash between any two of them
leaves what the caller's repeat completes under the same id. A vault row is never without a receipt:
so a submission that nobody repeats is found by its receipt, and forgotten (`unsent/sweep.py`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from services.intake.actions.requests import action_requested
from services.intake.http.problems import FieldError, Problem, answered_within, invalid
from services.intake.keys.callers import Caller
from services.intake.ports import IntakePorts
from services.intake.submit.derivation import DerivedSecrets
from services.intake.submit.group_commit import CommitOutcome, GroupCommit, PendingAcceptance
from services.intake.submit.kafka_records import action_record, submitted_record
from services.intake.submit.records import (
    Receipt,
    ReceiptKind,
    fingerprint_of_action,
    fingerprint_of_submission,
    hash_tracking_code,
    vault_row,
)
from services.intake.submit.submission import (
    Submission,
    complaint,
    is_ahead,
    is_given,
    is_slow_to_mask,
)
from shared.contracts.actions import Action
from shared.contracts.case import Complaint
from shared.contracts.identifiers import (
    IssuedCode,
    action_id,
    complaint_id,
    complaint_number,
)
from shared.contracts.value_objects import to_instant
from shared.errors import BrokerAway, DatabaseAway
from shared.telemetry.tracing import current

log = logging.getLogger(__name__)
_AHEAD = "this day has not begun anywhere in Indonesia"
Printed = Callable[[bytes], bytes]  # the fingerprint of a body, under a secret


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the caller is told, the first time and every time after."""

    complaint_id: UUID
    number: str
    tracking_code: str


class SubmissionService:
    """Takes complaints and actions in, each under an id derived from caller and key."""

    def __init__(
        self,
        ports: IntakePorts,
        *,
        secrets: DerivedSecrets,
        answer_seconds: float,
        pace_seconds: float = 0.0,
    ) -> None:
        self._store = ports.store
        self._clock = ports.clock
        self._secrets = secrets
        self._answer_seconds = answer_seconds
        self._in_hand: set[UUID] = set()
        self._masking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="masking")
        self._groups = GroupCommit(ports.store, ports.publisher, pace_seconds=pace_seconds)

    async def submit(
        self, caller: Caller, submission: Submission, *, key: str, at: datetime | None = None
    ) -> Accepted:
        """Accept a complaint, or meet its first acceptance; without `at` it is received now.

        Raises:
            Problem: 422 where the key was used for another body, 409 while the first is in hand.
            Transient: Kafka or the database did not confirm in time; nothing is promised.
        """
        if is_ahead(submission, self._clock.now()):
            raise invalid([FieldError(pointer="/occurred_on", code="date_ahead", detail=_AHEAD)])
        new_id = complaint_id(caller.identity, key)
        printed = partial(fingerprint_of_submission, submission=submission, at=at)
        draft = self._complaint_receipt(new_id, caller, submission, at)
        with self._holding(new_id):
            async with answered_within(self._answer_seconds):
                # First: what takes too long is refused before anything is kept of it.
                masked = await self._masked(submission, draft)
                row = vault_row(submission, draft, contact_key=self._secrets.contact_key)
                pending = PendingAcceptance(draft, submitted_record(masked), row)
                receipt = draft
                if not await self._is_new(pending):
                    receipt = await self._first(draft, printed)
                    await self._complete(receipt, submission, masked, draft)
        # The first answer, also after another code was issued: a repeat proves nothing new.
        code = self._secrets.code(IssuedCode(receipt.secret_id), new_id)
        return Accepted(new_id, complaint_number(new_id), code)

    async def act(
        self, caller: Caller, action: Action, *, on: UUID, key: str, at: datetime | None = None
    ) -> UUID:
        """Accept an action on a complaint, or meet its first acceptance; return its id.

        Without `at` it happens now.

        Raises as `submit` does.
        """
        new_id = action_id(caller.identity, on, key)
        printed = partial(fingerprint_of_action, action=action, at=at)
        draft = self._action_receipt(new_id, caller, action, on=on, at=at)
        with self._holding(new_id):
            async with answered_within(self._answer_seconds):
                told = partial(action_requested, action, caller, action_id=new_id, complaint_id=on)
                pending = PendingAcceptance(draft, action_record(told(at=draft.at)))
                if not await self._is_new(pending):
                    first = await self._first(draft, printed)
                    if not first.acknowledged:
                        record = action_record(told(at=first.at))
                        await self._is_new(PendingAcceptance(first, record, is_kept=True))
        return new_id

    async def finish(self) -> None:
        """Wait for what outlives its request."""
        await self._groups.finish()
        self._masking.shutdown(wait=False, cancel_futures=True)

    async def _complete(
        self, first: Receipt, submission: Submission, masked: Complaint, draft: Receipt
    ) -> None:
        """Do what a first time has left undone, as it would have done it."""
        if first.acknowledged:  # perhaps erased: nothing of it may come back
            return
        if not await self._store.renew_receipt(first.id, self._clock.now()):
            raise _gone(first)
        tried = replace(first, tried_at=draft.tried_at)
        row = vault_row(submission, tried, contact_key=self._secrets.contact_key)
        told = {"received_at": to_instant(first.at), "given": first.given}
        record = submitted_record(masked.model_copy(update=told))
        await self._is_new(PendingAcceptance(first, record, row, is_kept=True))

    async def _masked(self, submission: Submission, draft: Receipt) -> Complaint:
        """Mask; where that takes long, in a thread, one at a time, so that the others go on."""
        told = partial(complaint, submission, draft.id, received_at=draft.at, given=draft.given)
        if not is_slow_to_mask(submission):
            return told()
        # Who stops waiting before its turn is left out; no two run beside each other.
        return await asyncio.get_running_loop().run_in_executor(self._masking, told)

    async def _first(self, draft: Receipt, printed: Printed) -> Receipt:
        first = await self._store.receipt(draft.id)
        if first is None:
            raise _gone(draft)
        # By the secret of the first time; where that has left the ring, nothing is known again.
        secret = self._secrets.secret(first.secret_id)
        if secret is None or first.fingerprint != printed(secret):
            raise Problem(
                422,
                "idempotency_key_reused",
                "this key was used for another body; send the first body again, or a new key",
            )
        return first

    async def _is_new(self, pending: PendingAcceptance) -> bool:
        """Keep and send it; False, and nothing is changed, where there is a receipt of it."""
        if (trace := current.get()) is not None:
            pending = replace(pending, record=replace(pending.record, trace=trace))
        outcome = await self._groups.commit(pending)
        if outcome is CommitOutcome.WITHOUT_TOPIC:
            topic = pending.record.topic
            raise BrokerAway(f"topic {topic} is missing or forbidden; create it")
        if outcome is CommitOutcome.SENT:
            number = complaint_number(pending.receipt.complaint_id)
            log.debug("accepted", extra={"complaint": number, "kind": pending.receipt.kind})
        return outcome is CommitOutcome.SENT

    @contextmanager
    def _holding(self, new_id: UUID) -> Iterator[None]:
        if new_id in self._in_hand:
            raise Problem(409, "in_hand", "the first request with this key is still in hand")
        self._in_hand.add(new_id)
        try:
            yield
        finally:
            self._in_hand.discard(new_id)

    def _complaint_receipt(
        self, new_id: UUID, caller: Caller, submission: Submission, at: datetime | None
    ) -> Receipt:
        now, code = self._clock.now(), IssuedCode(self._secrets.newest)
        return Receipt(
            id=new_id,
            kind=ReceiptKind.COMPLAINT,
            complaint_id=new_id,
            caller=caller.identity,
            fingerprint=fingerprint_of_submission(self._secrets.all[0], submission, at),
            secret_id=self._secrets.newest,
            at=at or now,
            tried_at=now,
            number=complaint_number(new_id),
            code=code,
            tracking_hash=hash_tracking_code(self._secrets.code(code, new_id)),
            # Kept, so that a repeat with another key of this gateway sends the same record.
            given=is_given(submission, trusted=caller.is_trusted),
        )

    def _action_receipt(
        self, new_id: UUID, caller: Caller, action: Action, *, on: UUID, at: datetime | None
    ) -> Receipt:
        return Receipt(
            id=new_id,
            kind=ReceiptKind.ACTION,
            complaint_id=on,
            caller=caller.identity,
            fingerprint=fingerprint_of_action(self._secrets.all[0], action, at),
            secret_id=self._secrets.newest,
            at=at or self._clock.now(),
        )


def _gone(draft: Receipt) -> DatabaseAway:
    # Forgotten in this very moment: the repeat is the first of its kind again.
    return DatabaseAway(f"receipt {draft.id} is neither new nor there")

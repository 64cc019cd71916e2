"""One attempt to deliver a row: its span, its reply and what that means, counted."""

import logging
from dataclasses import replace

from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import (
    AnswerMeaning,
    ChannelReply,
    DeliveryOutcome,
    Failing,
    judge,
)
from services.notifier.ports import DeliveryPorts
from shared.contracts.identifiers import complaint_number
from shared.errors import Transient
from shared.telemetry.tracing import trace_id

log = logging.getLogger(__name__)


async def attempt(
    row: Delivery, destination: Destination, ports: DeliveryPorts
) -> tuple[ChannelReply, AnswerMeaning]:
    """Send a row; return the reply, and what it means.

    Raises:
        Transient: whom it is for could not be looked up; the endpoint has nothing to do with it.
    """
    try:
        reply = await _send(row, destination, ports)
        meaning = judge(reply, ports.clock.now())
    except Transient:
        raise
    except Exception as error:
        # Ours to mend. Without a pause it would be sent again and again, for ever.
        log.error("an answer: %s", type(error).__name__, extra=about(row))
        reply = ChannelReply(failure=DeliveryOutcome.UNUSABLE)
        meaning = Failing(DeliveryOutcome.UNUSABLE)
    ports.telemetry.counter("salur_deliveries_total").labels(meaning.outcome.value).inc()
    ports.telemetry.histogram("salur_delivery_seconds").observe(reply.seconds)
    log.debug("an attempt is %s", meaning.outcome, extra=about(row))
    return reply, meaning


async def _send(row: Delivery, destination: Destination, ports: DeliveryPorts) -> ChannelReply:
    span = ports.tracing.span("notifier deliver", row.trace, kind="client")
    said, failed = "nothing", True
    try:
        traced = row if span.trace == row.trace else replace(row, trace=span.trace)
        reply = await ports.sender.send(destination, traced, ports.clock.now())
        said = str(reply.status or reply.failure)
        failed = reply.status is None or reply.status >= 400
        return reply
    finally:
        attributes = {"salur.agency": row.agency, "salur.endpoint": row.endpoint_id}
        span.end({**attributes, "salur.reply": said}, said if failed else None)


def about(row: Delivery) -> dict[str, str]:
    """Return what a log line may say of a row; the address is a secret of the institution."""
    about = {"endpoint_id": row.endpoint_id, "agency": row.agency, "row": row.delivery_id}
    if row.seq:  # a test message is about no complaint
        about["complaint"] = complaint_number(row.complaint_id)
    return about if row.trace is None else {**about, "trace_id": trace_id(row.trace)}

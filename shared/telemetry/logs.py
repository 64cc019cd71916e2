"""The logs: one JSON object per line, for operators; never a citizen's words, nor who they are.

One line per failure at WARNING and ERROR, life cycle at INFO, one per record at DEBUG. A line about
a record says where it lies, the complaint's number and the trace.
"""

import logging
import socket
import sys
import traceback
from collections.abc import Iterable

from pythonjsonlogger.json import JsonFormatter

from shared.contracts.identifiers import number_in
from shared.kafka.envelope import Record
from shared.telemetry.tracing import current, trace_id, trace_of

OURS = ("services", "shared", "deploy")
# Each of these repeats at INFO what the stage already says once.
NOISY = ("aiokafka", "uvicorn", "salur.faststream", "pymongo")


def configure_logging(service: str, level: str, *, instance: str = "") -> None:
    """Send JSON lines to standard error, with the names of service and instance.

    Below INFO it is only our own modules that speak: a library's lines may hold anything.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_in_hand)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"service": service, "instance": instance or socket.gethostname()},
        )
    )
    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=max(logging.INFO, number), handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(number)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, number))


def log_mistake(
    log: logging.Logger, where: str, error: Exception, *, record: Record | None = None
) -> None:
    """Log an unexpected error by its type and place, and the record that it came from.

    Its message is left out: that may quote a citizen.
    """
    frames = "".join(traceback.format_tb(error.__traceback__)[-6:])
    about = record_location(record) if record is not None else {}
    log.error("%s failed with %s\n%s", where, type(error).__name__, frames, extra=about)


def log_handled(log: logging.Logger, stage: str, records: Iterable[Record]) -> None:
    """Log each record that was handled, at DEBUG."""
    if log.isEnabledFor(logging.DEBUG):
        for record in records:
            log.debug("stage %s handled a record", stage, extra=record_location(record))


def log_dead(log: logging.Logger, stage: str, record: Record, *, reason: str) -> None:
    """Log a dead letter by the code of its reason.

    The reason's detail may quote who wrote the record: it stays with the letter.
    """
    about = {**record_location(record), "reason": reason}
    log.warning("stage %s dead-letters a record", stage, extra=about)


def log_refused(log: logging.Logger, stage: str, record: Record, *, reason: str) -> None:
    """Log a record that was dropped, at DEBUG: how many there are is for its sender to say."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "stage %s drops a record", stage, extra={**record_location(record), "reason": reason}
        )


def record_location(record: Record) -> dict[str, str | int]:
    """Return what a line may say of a record: where it lies, its complaint, its trace."""
    found: dict[str, str | int] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
    }
    if number := number_in(record.key):
        found["complaint"] = number
    if trace := trace_of(record):
        found["trace_id"] = trace_id(trace)
    return found


def _in_hand(line: logging.LogRecord) -> bool:
    """Add the trace of the request in hand."""
    if (trace := current.get()) is not None and not hasattr(line, "trace_id"):
        line.trace_id = trace_id(trace)
    return True

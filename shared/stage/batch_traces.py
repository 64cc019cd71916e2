"""The traces of one batch: a span for each record that has one, and what its effects carry on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from shared.contracts.identifiers import number_in
from shared.contracts.topics import is_agency_written
from shared.kafka.envelope import Outgoing, Record
from shared.telemetry.tracing import Span, Tracing, trace_of


class TracedBatch:
    """Begun before the first record is decoded, ended when the offsets are committed.

    A context manager: an exception that leaves it is the error of every span.
    """

    def __init__(self, tracing: Tracing, stage: str) -> None:
        self._tracing = tracing
        self._name = f"{stage} process"
        self._spans: list[tuple[Record, Span]] = []
        self._by_key: dict[bytes | None, str] = {}

    def enter(self, record: Record) -> str | None:
        """Begin the work on a record; return the trace that its effects carry on."""
        trace = trace_of(record)
        if is_agency_written(record.topic):  # from outside: a trace of our own begins
            span = self._tracing.enter(self._name, trace, kind="consumer")
        elif trace is None:
            return None
        else:
            span = self._tracing.span(self._name, trace, kind="consumer")
        if span.trace is not None:
            self._spans.append((record, span))
            self._by_key[record.key] = span.trace
        return span.trace

    def carry(self, publications: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Return events with the trace of the last record of the same complaint in this batch.

        One that has a trace keeps it.
        """
        if not self._by_key:
            return publications
        return [
            one
            if one.trace is not None or (trace := self._by_key.get(one.key)) is None
            else replace(one, trace=trace)
            for one in publications
        ]

    def mark(self, what: str) -> None:
        """Note on every span that a part of the work is done."""
        for _, span in self._spans:
            span.mark(what)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        error = kind.__name__ if kind is not None else None
        for record, span in self._spans:
            span.end(_about(record), error)


def _about(record: Record) -> dict[str, str | int]:
    found: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
    }
    number = number_in(record.key)
    return found | ({"salur.complaint": number} if number else {})

"""The tables of sizes and of the bench in Markdown, for the READMEs and the command line."""

import math
from collections.abc import Callable, Sequence

from deploy.markdown import markdown
from deploy.operate.sizing.estimate import (
    VOLUMES,
    Assumptions,
    Measured,
    Needs,
    most_per_day,
    needs,
)
from shared.contracts.topics import PARTITIONS, SERVICES

Cell = Callable[[Needs], str]
_STAGES = (
    ("baseline", "bare loop: read, parse, serialise, write"),
    ("intake", "intake: HTTP to 202, vault and receipt journaled"),
    ("router", "router: decided, stored, published"),
    ("notifier", "notifier: row, signed webhook, outcome (per webhook)"),
    ("metrics", "metrics: fact and counts"),
    ("whole", "the whole path, all four at once"),
)


def bench_table(measured: Measured) -> str:
    """Return what each stage costs, beside a bare loop."""
    head = ("`make bench`", "CPU µs per complaint", "per second", "× a bare aiokafka loop")
    rows = []
    for name, meaning in _STAGES:
        one = getattr(measured, name)
        rows.append((meaning, f"{one.cpu_us:,.0f}", f"{one.per_second:,.0f}", f"{one.ratio:.3g}"))
    shares = [(f"of it {name}", f"{measured.whole.share(name):,.0f}", "", "") for name in SERVICES]
    return markdown(head, rows + shares)


def sizing_text(measured: Measured, assumed: Assumptions, volumes: Sequence[int] = VOLUMES) -> str:
    """Return the assumptions, the table, and what the partitions are enough for."""
    found = [needs(measured, volume, assumed) for volume in volumes]
    head = ("complaints a day", *(f"{volume:,}" for volume in volumes))
    rows = [(name, *map(cell, found)) for name, cell in _rows(assumed)]
    most = rounded(most_per_day(measured, PARTITIONS, assumed), up=False)
    enough = (
        f"The {PARTITIONS} partitions of `complaint-input` and `complaint-event` are enough for"
        f" about {most} complaints a day; beyond that, choose more before the first start"
        " ([why](#more-partitions)).\n"
    )
    return f"{_assumptions(measured, assumed)}\n{markdown(head, rows)}\n{enough}"


def rounded(number: float, *, up: bool = True) -> str:
    """Return a number with two digits that count, rounded up so that it is enough, or down."""
    if number <= 0:
        return "0"
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    steps = math.ceil(number / step - 1e-9) if up else math.floor(number / step + 1e-9)
    decimals = max(0, -round(math.log10(step)))
    return f"{steps * step:,.{decimals}f}"


def _rows(assumed: Assumptions) -> Sequence[tuple[str, Cell]]:
    return (
        ("a second at the peak", lambda one: rounded(one.per_second)),
        *((f"{name}: cores used, instances", _of(name)) for name in SERVICES),
        ("partitions", lambda one: str(one.partitions)),
        (f"Kafka: MB/s at the peak, {assumed.copies} copies", _megabytes),
        ("Kafka: brokers", lambda one: f"{one.brokers:,}"),
        (f"Kafka: disk of 30 and 90 days, {assumed.copies} copies", _kept),
        ("Kafka: more each year (last state of each case)", _kept_for_ever),
        ("MongoDB: documents written a second at the peak", _writes),
        ("MongoDB: shards", lambda one: f"{one.shards:,}"),
        ("MongoDB: documents a year", lambda one: rounded(one.documents_per_year)),
        (f"MongoDB: disk a year, {assumed.copies} members", _stored),
        (f"MongoDB: deliveries of {assumed.delivery_days} days", _deliveries),
    )


def _of(service: str) -> Cell:
    return lambda one: f"{rounded(one.cores[service])}, {one.instances[service]:,}"


def _megabytes(one: Needs) -> str:
    return rounded(one.kafka_mb_per_second)


def _writes(one: Needs) -> str:
    return rounded(one.writes_per_second)


def _kept(one: Needs) -> str:
    return size(one.kafka_gb)


def _kept_for_ever(one: Needs) -> str:
    return size(one.kafka_gb_per_year)


def _stored(one: Needs) -> str:
    return size(one.mongo_gb_per_year)


def _deliveries(one: Needs) -> str:
    return size(one.deliveries_gb)


def size(gigabytes: float) -> str:
    """Return a size in the unit that leaves few digits."""
    for unit, factor in (("PB", 1e6), ("TB", 1e3)):
        if gigabytes >= factor:
            return f"{rounded(gigabytes / factor)} {unit}"
    return f"{rounded(gigabytes)} GB"


def _assumptions(measured: Measured, assumed: Assumptions) -> str:
    times = max(map(measured.times, SERVICES))
    return (
        "Computed by `salur sizing` from the figures of `make bench`: bytes of records and"
        " documents, and each service's CPU while all four work at once, in the small batches of a"
        f" thin feed: up to {times:.1f} times what it takes by itself. Assumed, and to"
        " be replaced by what you know:\n\n"
        f"- The busiest seconds bring {assumed.peak:g} times the day's mean (a third of a day"
        " within two hours; no figure is published for this).\n"
        f"- An instance uses one core and is at most {assumed.load:.0%} busy at the peak: the rest"
        " is for a neighbour that goes, and for what has waited; at least"
        f" {assumed.least} of each service.\n"
        f"- A case has {assumed.entries} entries in its life, {assumed.asked} of them asked for"
        f" through intake, {assumed.told} told to an institution; each is as large as the first.\n"
        f"- {assumed.copies} copies everywhere; nothing compressed (lz4 in Kafka and snappy in"
        f" MongoDB about halve it); indexes make documents {assumed.indexes:g} times as large.\n"
        f"- A broker writes {assumed.broker_mb:g} MB/s, a shard {assumed.shard_writes:,.0f}"
        " documents a second. Measure yours.\n"
        "- A core is one of the machine on which the bench ran.\n"
        "- Not in it: what an instance uses with nothing to do, up to 0.06 cores; the database's"
        " own work of grouping the facts of months that changed, which grows with them; brokers'"
        " and database's CPU; messages to reporters.\n"
    )

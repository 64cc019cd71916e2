"""What an installation needs for so many complaints a day, computed from what `make bench` found.

Pure arithmetic. What is measured comes from the bench's result; all else is an assumption, named
in `Assumptions` and shown beside the table. A service's CPU is its share of the whole path: in
small batches it costs more than by itself, in full ones.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts.topics import DAY_MS, EVENT, INPUT, PARTITIONS, SERVICES, spec_of
from shared.database.collections import CASES, DELIVERIES, FACTS, RECEIPTS, VAULT
from shared.errors import Misconfigured

MEASURED = Path(__file__).parent / "measured.json"
AGENCY = "agency"
VOLUMES = (10_000, 100_000, 1_000_000, 10_000_000, 280_000_000)
DAY_SECONDS, YEAR_DAYS = 86_400, 365
STEP = 12  # partitions are added by the dozen, which many numbers of instances divide


class _Measure(BaseModel):
    model_config = ConfigDict(frozen=True)


class StageCost(_Measure):
    """One stage of the bench: records, CPU microseconds and rate of one, × a bare loop."""

    records: int
    cpu_us: float
    per_second: float
    ratio: float


class Whole(StageCost):
    """All four at once: also each service's CPU microseconds of one complaint."""

    intake_cpu_us: float
    router_cpu_us: float
    notifier_cpu_us: float
    metrics_cpu_us: float

    def share(self, service: str) -> float:
        """Return a service's CPU microseconds of one complaint."""
        return float(getattr(self, f"{service}_cpu_us"))


class Sizes(_Measure):
    """Mean bytes, uncompressed: of records by topic, of documents by collection."""

    records: Mapping[str, int]
    documents: Mapping[str, int]


class Measured(_Measure):
    """What sizing takes of the bench's result."""

    baseline: StageCost
    intake: StageCost
    router: StageCost
    notifier: StageCost
    metrics: StageCost
    whole: Whole
    sizes: Sizes

    def times(self, service: str) -> float:
        """Return what a service uses beside the others, by what it uses by itself."""
        alone: StageCost = getattr(self, service)
        return self.whole.share(service) * self.whole.records / (alone.cpu_us * alone.records)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no bench can know."""

    peak: float = 4.0  # the busiest seconds by the day's mean: a third of a day within two hours
    load: float = 0.5  # how busy an instance may be at the peak; one instance uses one core
    least: int = 2  # instances of each service
    entries: int = 5  # of a case's history: routed, warned, followed up, completed, rated
    asked: int = 3  # of these, asked for through intake
    told: int = 4  # of these, told to an institution
    copies: int = 3  # of each record in Kafka, of each document in MongoDB
    indexes: float = 1.5  # bytes with indexes, by bytes of documents
    broker_mb: float = 50.0  # megabytes a second that one broker writes, copies included
    shard_writes: float = 10_000.0  # documents a second that one shard writes, journaled
    delivery_days: int = 90  # NOTIFIER_SETTLED_DAYS


@dataclass(frozen=True, slots=True)
class Needs:
    """What one volume needs. `cores` are used at the peak, by service."""

    per_day: int
    per_second: float
    cores: Mapping[str, float]
    instances: Mapping[str, int]
    partitions: int
    kafka_mb_per_second: float  # copies included
    brokers: int
    kafka_gb: float  # what retention keeps, copies included
    kafka_gb_per_year: float  # the last event of each case, for ever
    writes_per_second: float
    shards: int
    documents_per_year: float  # kept for ever
    mongo_gb_per_year: float  # the same, with indexes and copies
    deliveries_gb: float  # kept for their days


def read_measured(path: Path) -> Measured:
    """Return the result of a bench: the last line of its output.

    Raises:
        Misconfigured: there is no such file, or it is none of a whole bench.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return Measured.model_validate_json(lines[-1] if lines else "")
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        raise Misconfigured(f"{path} is no result of `make bench`; make one anew") from error


def needs(measured: Measured, per_day: int, assumed: Assumptions) -> Needs:
    """Return what so many complaints a day need."""
    per_second = per_day / DAY_SECONDS * assumed.peak
    cores = {name: per_second * cpu / 1e6 for name, cpu in _cpu_us(measured, assumed).items()}
    instances = {
        name: max(assumed.least, math.ceil(used / assumed.load)) for name, used in cores.items()
    }
    flow, kept, forever = _kafka_bytes(measured.sizes, assumed)
    megabytes = per_second * flow * assumed.copies / 1e6
    documents, stored, deliveries = _mongo_bytes(measured.sizes, assumed)
    writes = per_second * _writes(assumed)
    yearly = per_day * YEAR_DAYS
    return Needs(
        per_day=per_day,
        per_second=per_second,
        cores=cores,
        instances=instances,
        partitions=_partitions(max(instances["router"], instances["metrics"])),
        kafka_mb_per_second=megabytes,
        brokers=max(assumed.copies, math.ceil(megabytes / assumed.broker_mb)),
        kafka_gb=per_day * kept * assumed.copies / 1e9,
        kafka_gb_per_year=yearly * forever * assumed.copies / 1e9,
        writes_per_second=writes,
        shards=math.ceil(writes / assumed.shard_writes),
        documents_per_year=yearly * documents,
        mongo_gb_per_year=yearly * stored * assumed.indexes * assumed.copies / 1e9,
        deliveries_gb=per_day * deliveries * assumed.indexes * assumed.copies / 1e9,
    )


def most_per_day(measured: Measured, partitions: int, assumed: Assumptions) -> int:
    """Return how many complaints a day this number of partitions is enough for."""
    dearest = max(_cpu_us(measured, assumed)[name] for name in ("router", "metrics"))
    return int(partitions * assumed.load / (dearest / 1e6) / assumed.peak * DAY_SECONDS)


def _cpu_us(measured: Measured, assumed: Assumptions) -> Mapping[str, float]:
    """Return CPU microseconds by service, of all that one complaint brings in its life."""
    records = {
        "intake": 1 + assumed.asked,
        "router": assumed.entries,
        # Its share is of a complaint; not every one became a webhook.
        "notifier": assumed.told * measured.whole.records / measured.notifier.records,
        "metrics": assumed.entries,
    }
    return {name: measured.whole.share(name) * records[name] for name in SERVICES}


def _kafka_bytes(sizes: Sizes, assumed: Assumptions) -> tuple[float, float, float]:
    """Return bytes of one complaint: written in all, kept times days, and kept for ever."""
    first, entry, more = sizes.records[EVENT], _entry(sizes), assumed.entries - 1
    inputs = sizes.records[INPUT] + more * entry
    events = sum(first + place * entry for place in range(assumed.entries))
    told = assumed.told * sizes.records[AGENCY]
    kept = inputs * _days(INPUT, "retention.ms") + told * _days("agency-<code>", "retention.ms")
    kept += events * _days(EVENT, "min.compaction.lag.ms")
    return inputs + events + told, kept, first + more * entry


def _mongo_bytes(sizes: Sizes, assumed: Assumptions) -> tuple[int, float, float]:
    """Return of one complaint: documents for ever, their bytes, bytes of deliveries times days."""
    receipts = 1 + assumed.asked
    case = sizes.documents[CASES] + (assumed.entries - 1) * _entry(sizes)
    stored = case + sizes.documents[FACTS] + sizes.documents[VAULT]
    stored += receipts * sizes.documents[RECEIPTS]
    deliveries = assumed.told * sizes.documents[DELIVERIES] * assumed.delivery_days
    return receipts + 3, stored, deliveries


def _writes(assumed: Assumptions) -> int:
    """Return how many writes one complaint brings: each is a document."""
    intake = 3 + 2 * assumed.asked  # vault row, receipt, mark; of an action receipt and mark
    return intake + 2 * assumed.entries + 2 * assumed.told  # case and fact; row and outcome


def _entry(sizes: Sizes) -> int:
    # What the router adds to a complaint is its first entry, the one with the most in it.
    return max(0, sizes.records[EVENT] - sizes.records[INPUT])


def _days(topic: str, setting: str) -> float:
    name = topic.replace("<code>", "kab-3603")
    return int(spec_of(name).config[setting]) / DAY_MS


def _partitions(instances: int) -> int:
    return max(PARTITIONS, math.ceil(instances / STEP) * STEP)

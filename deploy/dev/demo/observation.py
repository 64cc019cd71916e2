"""What was seen from outside the services: plain facts, no judgement, no citizen's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Place = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True, slots=True)
class AgencyRecord:
    """A record on an institution's topic; `digest` stands for its whole content."""

    agency: str
    number: str
    seq: int
    outcome: str
    ce_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A record on `complaint-event`: the status of a case after entry `seq`.

    `rule` is that of the newest decision about it, empty where there is none.
    """

    number: str
    seq: int
    status: str
    ce_id: str
    digest: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetterSeen:
    """A dead letter: where the record came from, and whose complaint its key names, if any."""

    origin: Place
    number: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Call:
    """A webhook that arrived: at which institution's address, under which id, with what."""

    webhook_id: str
    agency: str
    number: str
    seq: int
    outcome: str
    digest: str


@dataclass
class Observation:
    """Everything the oracle judges.

    `acknowledged` maps each idempotency key to the numbers of all 202 answers it got; `counted`
    is the sum over all of `salur_cases`.
    """

    acknowledged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused: int = 0
    agency_records: Iterable[AgencyRecord] = ()
    case_records: Iterable[CaseRecord] = ()
    letters: Iterable[DeadLetterSeen] = ()
    calls: Iterable[Call] = ()
    counted: int = 0

"""Plain facts: what was promised, what was seen, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

TRIAGE = "none"  # the place of a complaint that waits for a person


class Stream(StrEnum):
    """Where something was said."""

    EVENT = "complaint-event"
    AGENCY = "institution's topic"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Promise:
    """A complaint whose 202 came: where it belongs, and how many entries its case must have.

    `at_risk`: Kafka has lost records of this time, so all but the complaint itself may be missing.
    """

    key: str
    number: str
    place: str  # an institution's code, or TRIAGE
    entries: int
    at_risk: bool = False


@dataclass(frozen=True, slots=True)
class Saying:
    """An entry of a case as it was said once; `digest` stands for the whole content.

    `place` is the institution whose topic or address it came to, and on `complaint-event` the one
    that the event names. `rule` is that of the newest decision about the case, empty where the
    entry shows none.
    """

    stream: Stream
    place: str
    number: str
    seq: int
    ident: str
    digest: str
    where: str  # topic, partition and offset, or the place among all calls
    outcome: str = ""
    status: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that is judged; the sayings of each stream are in the order they were said."""

    promises: Sequence[Promise] = ()
    unanswered: int = 0  # submissions that never had an answer: they may be kept or not
    sayings: Sequence[Saying] = ()
    stored: Mapping[str, int] = field(default_factory=dict)  # the last `seq` of each case
    counts: Mapping[str, int] = field(default_factory=dict)  # `salur_cases` by institution
    surpluses: Sequence[str] = ()  # times at which more was exported than had been sent
    letters: Sequence[str] = ()  # dead letters, each with its reason and origin
    forgiven: frozenset[str] = frozenset()  # reasons for which there may be dead letters
    leaks: Sequence[str] = ()  # where an identity was found


class ViolationKind(StrEnum):
    """What may be wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    DISORDERED = "out of order"
    MISLED = "at the wrong institution"
    LEAKED = "leaked"
    MISCOUNTED = "miscounted"
    DEAD = "dead letters"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong, with the records that show it."""

    wrong: ViolationKind
    subject: str
    detail: str

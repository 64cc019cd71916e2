"""The oracle: what became of every acknowledged complaint, by what was seen from outside.

Pure judging; the words of the services themselves count for nothing except `salur_cases`, which
is one of the results that are checked.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from deploy.dev.chaos.oracle.facts import Saying, Stream
from deploy.dev.demo.observation import Observation

UNVERIFIED = "unverified"
ROUTED = "routed"
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """The demo's result; every number counts complaints unless its comment says otherwise."""

    accepted: int  # with a 202, each once
    refused: int  # submissions answered 4xx
    routed: int
    triaged: int
    delivered: int  # routed ones whose `routed` webhook arrived
    counted: int
    dead_lettered: int  # records, each place of origin once
    redelivered: int  # repeats of the same ce_id or webhook-id
    lost: int
    duplicated: int


@dataclass(frozen=True, slots=True)
class DemoVerdict:
    """The counts, and a sentence for each kind of loss or duplicate that was found."""

    counts: Counts
    findings: tuple[str, ...] = ()
    by_agency: Mapping[str, int] = field(default_factory=dict)
    triage: Mapping[str, int] = field(default_factory=dict)  # complaints in it by rule

    @property
    def passed(self) -> bool:
        """Tell whether everything accepted arrived once, and was counted once."""
        counts = self.counts
        placed = counts.routed + counts.triaged
        return (
            counts.lost == 0
            and counts.duplicated == 0
            and placed == counts.accepted == counts.counted
        )

    def as_result(self, seconds: float) -> dict[str, int | dict[str, int]]:
        """Return the demo's last line: integers, and those in triage by rule."""
        return {**asdict(self.counts), "triage": dict(self.triage), "seconds": round(seconds)}


def judge(seen: Observation) -> DemoVerdict:
    """Return what became of every complaint; takes well under a second for tens of thousands."""
    accepted = frozenset(number for numbers in seen.acknowledged.values() for number in numbers)
    holders = _holders(seen.on(Stream.AGENCY))
    routed = accepted & holders.keys()
    in_triage = _in_triage(seen.on(Stream.EVENT))
    triaged = (accepted & in_triage.keys()) - routed
    told = _told(seen)
    delivered = {n for n in routed if any((agency, n) in told for agency in holders[n])}
    dead = {letter.number for letter in seen.letters}
    losses = {
        "accepted but nowhere": accepted - routed - triaged - dead,
        "routed but its webhook never came": routed - delivered,
    }
    duplicates = _duplicates(seen, accepted)
    counts = Counts(
        accepted=len(accepted),
        refused=seen.refused,
        routed=len(routed),
        triaged=len(triaged),
        delivered=len(delivered),
        counted=seen.counted,
        dead_lettered=len({letter.origin for letter in seen.letters}),
        redelivered=_repeats(seen),
        lost=_total(losses),
        duplicated=_total(duplicates),
    )
    by_agency = Counter(agency for agencies in holders.values() for agency in agencies)
    triage = Counter(in_triage[number] for number in triaged)
    findings = tuple(_sentences({**losses, **duplicates}))
    return DemoVerdict(counts, findings, by_agency, _ranked(triage))


def _holders(records: Iterable[Saying]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if record.outcome == ROUTED:
            found[record.number].add(record.place)
    return dict(found)


def _in_triage(records: Iterable[Saying]) -> dict[str, str]:
    """Return the rule that left each complaint to people."""
    newest: dict[str, Saying] = {}
    for record in records:
        known = newest.get(record.number)
        if known is None or record.seq >= known.seq:
            newest[record.number] = record
    return {number: last.rule for number, last in newest.items() if last.status == UNVERIFIED}


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _told(seen: Observation) -> frozenset[tuple[str, str]]:
    calls = seen.on(Stream.WEBHOOK)
    return frozenset((call.place, call.number) for call in calls if call.outcome == ROUTED)


def _duplicates(seen: Observation, accepted: frozenset[str]) -> dict[str, set[Hashable]]:
    agency_records, calls = seen.on(Stream.AGENCY), seen.on(Stream.WEBHOOK)
    records = [*agency_records, *seen.on(Stream.EVENT)]
    strangers = {record.number for record in records} - accepted
    decisions = (record for record in agency_records if record.outcome == ROUTED)
    return {
        "idempotency keys with two complaints": {
            key for key, numbers in seen.acknowledged.items() if len(numbers) > 1
        },
        "complaints that nobody was told of": set(strangers),
        "ce_ids with two contents": _ambiguous((r.ident, r.digest) for r in records),
        "webhook-ids with two contents": _ambiguous((c.ident, c.digest) for c in calls),
        "decisions sent to two institutions": _ambiguous(
            ((r.number, r.seq), r.place) for r in decisions
        ),
        "events sent under two webhook-ids": _ambiguous(
            ((c.place, c.number, c.seq), c.ident) for c in calls
        ),
        "counted more often than accepted": set(
            range(seen.counted - len(accepted) - len(strangers))
        ),
    }


def _ambiguous(pairs: Iterable[tuple[Hashable, str]]) -> set[Hashable]:
    found: dict[Hashable, str] = {}
    return {name for name, value in pairs if found.setdefault(name, value) != value}


def _repeats(seen: Observation) -> int:
    # An event and its webhook have one id.
    ids = [(one.stream is Stream.WEBHOOK, one.ident) for one in seen.sayings]
    return len(ids) - len(set(ids))


def _total(found: Mapping[str, Iterable[Hashable]]) -> int:
    return sum(len(set(names)) for names in found.values())


def _sentences(found: Mapping[str, Iterable[Hashable]]) -> Iterable[str]:
    for what, names in found.items():
        listed = sorted(map(str, names))
        if listed:
            more = ", …" if len(listed) > MOST_NAMES else ""
            yield f"{what}: {len(listed)} ({', '.join(listed[:MOST_NAMES])}{more})"

"""Judges what was seen: pure, whole, and in a fraction of a second."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from deploy.dev.chaos.oracle.facts import (
    TRIAGE,
    Promise,
    Saying,
    Seen,
    Stream,
    Violation,
    ViolationKind,
)

Key = tuple[Stream, str, str]  # stream, place, number: one place's view of one case


def judge(seen: Seen) -> list[Violation]:
    """Return everything that is wrong; nothing is where all promises were kept once, in order."""
    promised = {promise.number: promise for promise in seen.promises}
    views = _views(seen.sayings)
    return [
        *_lost(seen, views),
        *_doubled(seen, promised),
        *_disordered(views),
        *_misled(seen.sayings, promised),
        *_miscounted(seen),
        *(
            Violation(ViolationKind.LEAKED, where, "an identity stands there")
            for where in seen.leaks
        ),
        *_dead(seen),
    ]


def _views(sayings: Iterable[Saying]) -> dict[Key, list[Saying]]:
    found: dict[Key, list[Saying]] = defaultdict(list)
    for saying in sayings:
        # A case is one whoever holds it: its events are read together.
        place = "" if saying.stream is Stream.EVENT else saying.place
        found[saying.stream, place, saying.number].append(saying)
    return dict(found)


def _dead(seen: Seen) -> Iterator[Violation]:
    for letter in seen.letters:
        if letter.partition(" ")[0] not in seen.forgiven:
            yield Violation(ViolationKind.DEAD, letter, "nothing was sent that is bad")


def entries_of(promise: Promise, seen: Seen) -> int:
    """Return how many entries must be seen of a case."""
    if promise.at_risk:
        return max(1, min(promise.entries, seen.stored.get(promise.number, 0)))
    return promise.entries


def _lost(seen: Seen, views: dict[Key, list[Saying]]) -> Iterator[Violation]:
    for promise in seen.promises:
        entries = entries_of(promise, seen)
        wanted = set(range(1, entries + 1))
        for key in _expected_views(promise):
            missing = wanted - {saying.seq for saying in views.get(key, ())}
            if missing:
                detail = f"{key[0]} {key[1]} lacks seq {sorted(missing)} of {entries}"
                yield Violation(ViolationKind.LOST, promise.number, detail)
        stored = seen.stored.get(promise.number, 0)
        if stored < entries:
            detail = f"the case has {stored} of {entries} entries"
            yield Violation(ViolationKind.LOST, promise.number, detail)


def _expected_views(promise: Promise) -> Iterator[Key]:
    yield Stream.EVENT, "", promise.number
    if promise.place != TRIAGE:
        yield Stream.AGENCY, promise.place, promise.number
        yield Stream.WEBHOOK, promise.place, promise.number


def _doubled(seen: Seen, promised: dict[str, Promise]) -> Iterator[Violation]:
    numbers: dict[str, set[str]] = defaultdict(set)
    for promise in seen.promises:
        numbers[promise.key].add(promise.number)
    for key, found in numbers.items():
        if len(found) > 1:
            yield Violation(
                ViolationKind.DOUBLED, key, f"one key has the complaints {sorted(found)}"
            )
    yield from _two_contents(seen.sayings)
    for number, seq in seen.stored.items():
        if number in promised and seq > promised[number].entries:
            detail = f"the case has {seq} entries for {promised[number].entries}"
            yield Violation(ViolationKind.DOUBLED, number, detail)
    strangers = sorted(({s.number for s in seen.sayings} | seen.stored.keys()) - promised.keys())
    for stranger in strangers[seen.unanswered :]:
        yield Violation(ViolationKind.DOUBLED, stranger, "nobody was told of this complaint")


def _two_contents(sayings: Iterable[Saying]) -> Iterator[Violation]:
    first: dict[tuple[Key, int], Saying] = {}
    for saying in sayings:
        place = "" if saying.stream is Stream.EVENT else saying.place
        known = first.setdefault(((saying.stream, place, saying.number), saying.seq), saying)
        if (known.ident, known.digest) != (saying.ident, saying.digest):
            detail = f"seq {saying.seq} differs on {saying.stream}: {known.where}, {saying.where}"
            yield Violation(ViolationKind.DOUBLED, saying.number, detail)


def _disordered(views: dict[Key, list[Saying]]) -> Iterator[Violation]:
    for (stream, place, number), sayings in views.items():
        said = [saying.seq for saying in sayings]
        firsts = list(dict.fromkeys(said))
        # Whoever reads a topic takes its last record for the newest, and compaction keeps that
        # one; a webhook that is repeated late is known by its id.
        is_stale = stream is not Stream.WEBHOOK and said[-1] != max(said)
        if firsts != sorted(firsts) or is_stale:
            first, last = sayings[0].where, sayings[-1].where
            detail = f"{stream} {place} has seq {_short(said)}, from {first} to {last}"
            yield Violation(ViolationKind.DISORDERED, number, detail)


def _short(said: Sequence[int]) -> str:
    return ", ".join(map(str, said))


def _misled(sayings: Iterable[Saying], promised: dict[str, Promise]) -> Iterator[Violation]:
    for saying in sayings:
        promise = promised.get(saying.number)
        if promise is not None and saying.place != promise.place:
            detail = f"{saying.stream} at {saying.place} for {promise.place}: {saying.where}"
            yield Violation(ViolationKind.MISLED, saying.number, detail)


def _miscounted(seen: Seen) -> Iterator[Violation]:
    wanted = Counter(promise.place for promise in seen.promises)
    for place in sorted(wanted.keys() | seen.counts.keys()):
        found = seen.counts.get(place, 0)
        # A complaint without an answer may be kept, and counted.
        if not wanted[place] <= found <= wanted[place] + seen.unanswered:
            yield Violation(
                ViolationKind.MISCOUNTED, place, f"{found} exported for {wanted[place]} accepted"
            )
    for surplus in seen.surpluses:
        yield Violation(ViolationKind.MISCOUNTED, surplus, "more was exported than had been sent")


def overtaken(seen: Seen) -> int:
    """Return how many entries are missing that were at risk: Kafka had lost them."""
    return sum(promise.entries - entries_of(promise, seen) for promise in seen.promises)


def repeats(sayings: Iterable[Saying]) -> int:
    """Return how many sayings were repeats of an equal one, which is allowed."""
    said = [(s.stream, s.place, s.number, s.seq) for s in sayings]
    return len(said) - len(set(said))

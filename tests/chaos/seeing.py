"""Makes what the oracle would have seen of a system that keeps every promise."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from deploy.dev.chaos.oracle.facts import TRIAGE, Promise, Saying, Seen, Stream

PLACES = ("kab-3603", "prov-36", TRIAGE)


def whole(seed: int, complaints: int = 12) -> Seen:
    """Return what is seen of some complaints, told in a drawn order, some of it repeated."""
    random = Random(seed)
    promises = [
        Promise(f"key-{n}", f"NUMBER{n}", random.choice(PLACES), random.randint(1, 5))
        for n in range(complaints)
    ]
    # One of each sort, whatever the seed: a case with two entries at an institution.
    promises.append(Promise("key-last", "LAST", "kab-3603", 2))
    waiting = [list(_told(promise, random)) for promise in promises]
    sayings: list[Saying] = []
    while waiting := [told for told in waiting if told]:
        sayings.append(random.choice(waiting).pop(0))
    return Seen(
        promises=promises,
        sayings=sayings,
        stored={promise.number: promise.entries for promise in promises},
        counts=Counter(promise.place for promise in promises),
    )


def _told(promise: Promise, random: Random) -> Iterator[Saying]:
    streams = [Stream.EVENT]
    if promise.place != TRIAGE:
        streams += [Stream.AGENCY, Stream.WEBHOOK]
    for stream in streams:
        for seq in range(1, promise.entries + 1):
            one = said(promise, stream, seq)
            yield from [one] * random.randint(1, 2)  # a repeat of an equal record is allowed


def said(promise: Promise, stream: Stream, seq: int) -> Saying:
    """Return entry `seq` of a case as it is said on a stream."""
    number, place = promise.number, promise.place
    ident = f"{number}-{seq}-{stream}"
    return Saying(stream, place, number, seq, ident, f"content {ident}", where=ident)

"""Tampers with what was seen, at a seeded place: an oracle must notice, or it is worth nothing."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from random import Random
from types import MappingProxyType

from deploy.dev.chaos.oracle.facts import Saying, Seen, Violation, ViolationKind
from deploy.dev.chaos.oracle.judging import judge
from deploy.dev.chaos.oracle.leaks import marks_in, planted


class Sabotage(StrEnum):
    """What is done to one record between the system and the oracle."""

    DROP = "drop"
    DOUBLE = "double"
    REORDER = "reorder"
    LEAK = "leak"


SHOWS: Mapping[Sabotage, ViolationKind] = MappingProxyType(
    {
        Sabotage.DROP: ViolationKind.LOST,
        Sabotage.DOUBLE: ViolationKind.DOUBLED,
        Sabotage.REORDER: ViolationKind.DISORDERED,
        Sabotage.LEAK: ViolationKind.LEAKED,
    }
)


def tampered(seen: Seen, sabotage: Sabotage, random: Random) -> Seen:
    """Return what the oracle would have seen had one record gone wrong in this way."""
    return _WAYS[sabotage](seen, random)


def caught(seen: Seen, sabotage: Sabotage, random: Random) -> bool:
    """Tell whether the oracle finds what a sabotage did to it."""
    return new_findings(seen, tampered(seen, sabotage, random), SHOWS[sabotage]) != []


def new_findings(before: Seen, after: Seen, wrong: ViolationKind) -> list[Violation]:
    """Return what the oracle finds of this kind after, and did not before."""
    known = set(judge(before))
    return [one for one in judge(after) if one.wrong is wrong and one not in known]


def _drop(seen: Seen, random: Random) -> Seen:
    victim = random.choice(seen.sayings)
    kept = [one for one in seen.sayings if _place(one) != _place(victim)]
    return replace(seen, sayings=kept)


def _double(seen: Seen, random: Random) -> Seen:
    at = random.randrange(len(seen.sayings))
    twin = replace(seen.sayings[at], ident=f"{random.getrandbits(64):x}", where="the twin")
    return replace(seen, sayings=[*seen.sayings[: at + 1], twin, *seen.sayings[at + 1 :]])


def _reorder(seen: Seen, random: Random) -> Seen:
    places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for index, saying in enumerate(seen.sayings):
        places[saying.stream, saying.place, saying.number].append(index)
    sayings = list(seen.sayings)
    longer = [found for found in places.values() if len({sayings[i].seq for i in found}) > 1]
    chosen = random.choice(longer)
    low, high = _neighbours([sayings[index].seq for index in chosen], random)
    swap = {low: high, high: low}
    by_seq = {sayings[index].seq: sayings[index] for index in chosen}
    for index in chosen:
        sayings[index] = by_seq[swap.get(sayings[index].seq, sayings[index].seq)]
    return replace(seen, sayings=sayings)


def _neighbours(seqs: list[int], random: Random) -> tuple[int, int]:
    ordered = sorted(set(seqs))
    at = random.randrange(len(ordered) - 1)
    return ordered[at], ordered[at + 1]


def _leak(seen: Seen, random: Random) -> Seen:
    someone = planted(random)
    said = random.choice((someone.name, someone.email, someone.phone, someone.nik))
    victim = random.choice(seen.sayings)
    found = marks_in(f'{{"number":"{victim.number}","text":"{said}"}}'.encode())
    return replace(seen, leaks=[*seen.leaks, *(f"{victim.where}: {mark}" for mark in found)])


def _place(saying: Saying) -> tuple[str, str, str, int]:
    return saying.stream, saying.place, saying.number, saying.seq


_WAYS: Mapping[Sabotage, Callable[[Seen, Random], Seen]] = MappingProxyType(
    {
        Sabotage.DROP: _drop,
        Sabotage.DOUBLE: _double,
        Sabotage.REORDER: _reorder,
        Sabotage.LEAK: _leak,
    }
)

"""Draws what happens: every kind of fault comes up before one comes up again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from deploy.dev.chaos.clocks import WRONG
from deploy.dev.chaos.faults.fault import Fault
from deploy.dev.chaos.faults.groups import Retention, Storm
from deploy.dev.chaos.faults.machines import ClockJump, FullDisk
from deploy.dev.chaos.faults.network import Strain
from deploy.dev.chaos.faults.processes import BadRelease, Freeze, Kill, KillLeader
from deploy.dev.chaos.links import CUT, DEAF, MUTE, Weather
from deploy.dev.chaos.system import DATABASE, INSTANCES, NODE_NAMES

BEYOND = (5.0, 7.0)  # seconds: longer than a session
WELL_BEYOND = (10.0, 13.0)
SHORT = (1.5, 4.0)
BEGINS = (1.0, 3.5)
HALVES = (CUT, DEAF, MUTE)
SERVICES = tuple(INSTANCES)
GROUPED = ("router", "metrics")
INPUTS = 24


@dataclass(frozen=True)
class Timed:
    """A fault, when it begins (seconds into its run), and how long it lasts."""

    fault: Fault
    at: float
    lasts: float


def _one_of(random: Random, service: str) -> str:
    return f"{service}-{random.randint(1, INSTANCES[service])}"


def _kill(service: str) -> Callable[[Random], Fault]:
    return lambda random: Kill(f"kill {service}", (_one_of(random, service),))


def _freeze(service: str) -> Callable[[Random], Fault]:
    return lambda random: Freeze(f"freeze {service}", _one_of(random, service))


def _cut(service: str) -> Callable[[Random], Fault]:
    return lambda random: Strain(
        f"cut {service} from Kafka", (_one_of(random, service),), NODE_NAMES, random.choice(HALVES)
    )


def _cut_one(service: str) -> Callable[[Random], Fault]:
    return lambda random: Strain(
        f"cut {service} from one broker",
        (_one_of(random, service),),
        (random.choice(NODE_NAMES),),
        random.choice(HALVES),
        rebalance=service if service in GROUPED else None,
    )


def _cut_database(random: Random) -> Fault:
    name = _one_of(random, random.choice(SERVICES))
    return Strain("cut from database", (name,), (DATABASE,), random.choice(HALVES))


def _cut_peers(random: Random) -> Fault:
    node = random.choice(NODE_NAMES)
    others = tuple(name for name in NODE_NAMES if name != node)
    return Strain("cut between brokers", ("peers", *others), (node,), random.choice(HALVES))


def _delay(random: Random) -> Fault:
    service = random.choice(SERVICES)
    names = tuple(f"{service}-{n}" for n in range(1, INSTANCES[service] + 1))
    called = random.choice(((DATABASE,), NODE_NAMES, (random.choice(NODE_NAMES),)))
    return Strain("delay", names, called, Weather(delay=random.uniform(0.1, 0.5)))


def _two_brokers(random: Random) -> Fault:
    return Kill("kill two brokers", tuple(random.sample(NODE_NAMES, 2)))


def _clock(random: Random) -> Fault:
    name = random.choice(sorted(WRONG))
    return ClockJump("clock jump", name, random.choice((-7200, -600, 600, 3000, 7200)))


KINDS: Mapping[str, Callable[[Random], Fault]] = MappingProxyType(
    {
        **{f"kill {service}": _kill(service) for service in SERVICES},
        **{f"freeze {service}": _freeze(service) for service in SERVICES},
        **{f"cut {service} from Kafka": _cut(service) for service in SERVICES},
        **{f"cut {service} from one broker": _cut_one(service) for service in SERVICES},
        "cut from database": _cut_database,
        "cut between brokers": _cut_peers,
        "delay": _delay,
        "kill leader": lambda random: KillLeader("kill leader", random.randrange(INPUTS)),
        "kill two brokers": _two_brokers,
        "kill database": lambda _: Kill("kill database", (DATABASE,)),
        "freeze database": lambda _: Freeze("freeze database", DATABASE),
        "freeze broker": lambda random: Freeze("freeze broker", random.choice(NODE_NAMES)),
        "retention": lambda _: Retention(),
        "storm": lambda random: Storm("storm", random.choice(GROUPED)),
        "bad release": lambda random: BadRelease(
            "bad release", random.choice(("router", "notifier", "metrics"))
        ),
        "clock jump": _clock,
        "full disk": lambda _: FullDisk(),
    }
)
LONG = ("freeze", "cut", "bad", "full")
# Until somebody else has taken over and gone on, and that has lasted.
LONGER = tuple(f"cut {service} from " for service in GROUPED)


def decks(random: Random, kinds: Sequence[str]) -> Iterator[str]:
    """Yield kinds for ever: all of them in a drawn order, then all again in another."""
    while True:
        yield from random.sample(kinds, len(kinds))


def draw_run(random: Random, deck: Iterator[str], at_once: int) -> list[Timed]:
    """Draw the faults of one run; two that strike the same party come one run after the other."""
    drawn: list[Timed] = []
    struck: frozenset[str] = frozenset()
    for _ in range(at_once):
        kind = next(deck)
        fault = KINDS[kind](random)
        for _ in range(20):
            if not fault.parties & struck:
                break
            fault = KINDS[kind](random)
        else:
            continue
        struck |= fault.parties
        drawn.append(Timed(fault, random.uniform(*BEGINS), random.uniform(*_bounds(kind))))
    return drawn


def _bounds(kind: str) -> tuple[float, float]:
    if kind.startswith(LONGER):
        return WELL_BEYOND
    return BEYOND if kind.startswith(LONG) else SHORT

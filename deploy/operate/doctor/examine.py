"""The examination: asks each part in turn and judges it; one that is away does not end it."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from deploy.operate.doctor.broker import ask_broker
from deploy.operate.doctor.clocks import (
    DATE_SECONDS,
    ask_service,
    judge_clock,
    judge_records,
    judge_service,
)
from deploy.operate.doctor.configured import judge_settings
from deploy.operate.doctor.database import ask_database, judge_database
from deploy.operate.doctor.findings import DoctorFinding, away, note
from deploy.operate.doctor.groups import ask_groups, judge_groups, judge_letters
from deploy.operate.doctor.indexes import judge_indexes
from deploy.operate.doctor.order import ask_order, judge_order
from deploy.operate.doctor.rights import ask_rights
from deploy.operate.doctor.topics import judge_broker, judge_topics
from deploy.operate.doctor.waiting import judge_endpoints, judge_stops
from shared.contracts.topics import EVENT, topics_for
from shared.errors import BrokerUntrusted, DatabaseUntrusted, Misconfigured, Transient
from shared.runtime.clock import Clock, WallClock
from shared.runtime.tls import WAY_OUT
from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Examination:
    """What is to be looked at, and from when on it is wrong. Times are seconds."""

    settings: ServiceSettings
    agencies: Sequence[str]  # which must be provisioned
    whole: bool  # these are all institutions
    services: Sequence[str] = ()  # URLs
    most_age: float = 300.0
    most_skew: float = 2.0
    copies: int | None = None
    clock: Clock = field(default_factory=WallClock)


def examine(
    wanted: Examination, say: Callable[[str], None] = lambda _: None
) -> list[DoctorFinding]:
    """Return everything found, in the order in which it was looked at; changes nothing.

    Not from within an event loop.
    """
    say("looking at settings")
    found = list(judge_settings(os.environ))
    say("looking at Kafka")
    found += _kafka(wanted)
    say("looking at the database")
    found += _database(wanted)
    say("looking at services")
    found += _services(wanted)
    return found


def _kafka(wanted: Examination) -> Iterable[DoctorFinding]:
    kafka, address = wanted.settings.kafka, wanted.settings.kafka.bootstrap_servers
    now_ms = int(wanted.clock.now().timestamp() * 1000)
    found: list[DoctorFinding] = []
    try:
        topics = topics_for(tuple(wanted.agencies))
        facts = ask_broker(kafka, topics, now_ms=now_ms, most_skew=wanted.most_skew)
        found += judge_broker(facts, address)
        found += judge_topics(facts, wanted.agencies, copies=wanted.copies)
        found += ask_rights(kafka, wanted.agencies, whole=wanted.whole)
        reading = ask_groups(kafka, facts.topics, now_ms)
        found += judge_groups(reading, most_age=wanted.most_age)
        found += judge_letters(reading)
        found += judge_records(facts.future)
        if (events := facts.topics.get(EVENT)) is not None and not events.leaderless:
            found += judge_order(ask_order(kafka, events.partitions))
    except BrokerUntrusted as error:
        found.append(
            away("broker", f"the certificate of {address} is not trusted", error, do=WAY_OUT)
        )
    except Transient as error:
        do = "look at SALUR_KAFKA__*, the brokers, and the network between"
        found.append(away("broker", f"{address} does not answer all that is asked", error, do=do))
    return found


def _database(wanted: Examination) -> Iterable[DoctorFinding]:
    try:
        facts = ask_database(wanted.settings.mongo)
    except DatabaseUntrusted as error:
        return [away("database", "MongoDB's certificate is not trusted", error, do=WAY_OUT)]
    except Transient as error:
        do = "look at SALUR_MONGO__URL, the server, and the network between"
        return [away("database", "MongoDB does not answer", error, do=do)]
    except Misconfigured as error:
        return [
            note("database", "not looked at: this user may not", error, do="the value says how")
        ]
    return [
        *judge_database(facts),
        *judge_indexes(facts.indexes),
        judge_clock("the database", facts.ahead, wanted.most_skew),
        *judge_stops(facts),
        *judge_endpoints(facts),
    ]


def _services(wanted: Examination) -> Iterable[DoctorFinding]:
    for url in wanted.services:
        facts = ask_service(url)
        yield judge_service(facts)
        if facts.ahead is not None:
            yield judge_clock(url, facts.ahead, wanted.most_skew + DATE_SECONDS)

"""Judges the cluster and its topics by the table in `shared/contracts/topics.py`."""

from collections.abc import Iterator, Mapping, Sequence

from deploy.operate.doctor.broker import BrokerFacts, TopicFacts
from deploy.operate.doctor.findings import DoctorFinding, counted, fine, named, note, wrong
from deploy.operate.provisioning.replication import LEAST_IN_SYNC, SAFE_COPIES, is_loose
from shared.contracts.topics import TopicSpec, agency_of, topics_for

CHECK = "topics"


def judge_broker(facts: BrokerFacts, address: str) -> Iterator[DoctorFinding]:
    """Yield what there is to say of the cluster itself."""
    version = "Kafka 4 or newer" if facts.is_current else "Kafka older than 4, or another broker"
    value = f"{counted(facts.brokers, 'broker')}, {version}"
    if facts.is_current:
        yield fine("broker", f"{address} answers", value)
    else:
        yield note("broker", f"{address} answers", value, do="in production run Apache Kafka 4")


def judge_topics(
    facts: BrokerFacts, agencies: Sequence[str], *, copies: int | None
) -> Iterator[DoctorFinding]:
    """Yield what is missing or differs, by topic; `copies` None leaves their number open."""
    wanted = topics_for(tuple(agencies))
    found = [
        *_missing(wanted, facts),
        *(
            one
            for name, spec in wanted.items()
            if name in facts.topics
            for one in _differing(name, spec, facts.topics[name], copies=copies)
        ),
        *_unseen(wanted, facts),
    ]
    yield from found
    if not found:
        yield fine(CHECK, "all topics are as the table says", counted(len(wanted), "topic"))
    yield from _few_copies(wanted, facts, copies=copies)


def _missing(wanted: Mapping[str, TopicSpec], facts: BrokerFacts) -> Iterator[DoctorFinding]:
    missing = [name for name in wanted if name not in facts.topics and name not in facts.hidden]
    own = [name for name in missing if agency_of(name) is None]
    codes = sorted({code for name in missing if (code := agency_of(name))})
    if own:
        create = "salur topics create, or salur agencies apply where Kafka has users"
        yield wrong(CHECK, f"missing: {named(own)}", counted(len(own), "topic"), do=create)
    if codes:
        theirs = [name for name in missing if agency_of(name)]
        yield wrong(
            CHECK,
            f"not provisioned: {named(codes)}; missing: {named(theirs)}",
            f"{counted(len(theirs), 'topic')} of {counted(len(codes), 'institution')}",
            do=f"their complaints wait in triage: salur agencies apply --agency {codes[0]} …,"
            f" or salur topics create --agencies {','.join(codes[:5])} on a broker without users",
        )


def _differing(
    name: str, spec: TopicSpec, facts: TopicFacts, *, copies: int | None
) -> Iterator[DoctorFinding]:
    if facts.partitions != spec.partitions:
        yield wrong(
            CHECK,
            f"{name} has {facts.partitions} partitions, not {spec.partitions}",
            facts.partitions,
            do="stop all writers before changing that: a complaint's records would be split over"
            " two partitions; the runbook tells how",
        )
    for key, value in spec.config.items():
        if facts.config is not None and (has := facts.config.get(key)) != value:
            yield wrong(
                CHECK,
                f"{name}: {key} is not {value}",
                f"{key}={has}",
                do=f"salur agencies apply sets it; or kafka-configs.sh --alter --topic {name}"
                f" --add-config {key}={value}",
            )
    if facts.leaderless or facts.behind:
        yield wrong(
            CHECK,
            f"{name}: partitions lack a leader or copies that are up to date",
            f"{facts.leaderless} without a leader, {facts.behind} with copies behind",
            do="a broker is down or slow: look at the brokers' own logs",
        )
    if copies is not None and facts.copies < copies:
        do = "kafka-reassign-partitions.sh adds copies"
        yield wrong(CHECK, f"{name} has too few copies", f"{facts.copies} of {copies}", do=do)


def _unseen(wanted: Mapping[str, TopicSpec], facts: BrokerFacts) -> Iterator[DoctorFinding]:
    hidden = [name for name in wanted if name in facts.hidden]
    if hidden:
        yield note(
            CHECK,
            f"not looked at: this user may not see {named(hidden)}",
            counted(len(hidden), "topic"),
            do="run it as salur-operator, which sees all",
        )
    unseen = [name for name in wanted if name in facts.topics and facts.topics[name].config is None]
    if unseen:
        yield note(
            CHECK,
            "configurations were not looked at: this user may not read them",
            counted(len(unseen), "topic"),
            do="run it as one of the cluster's super users",
        )


def _few_copies(
    wanted: Mapping[str, TopicSpec], facts: BrokerFacts, *, copies: int | None
) -> Iterator[DoctorFinding]:
    here = {name: facts.topics[name] for name in wanted if name in facts.topics}
    few = [name for name, one in here.items() if one.copies < SAFE_COPIES]
    if few and copies is None:
        yield note(
            CHECK,
            f"fewer than {SAFE_COPIES} copies: {named(few)}",
            f"{counted(len(few), 'topic')} on {counted(facts.brokers, 'broker')}",
            do="a lost disk loses complaints; in production --replication 3 when they are made",
        )
    loose = [
        name
        for name, one in here.items()
        if (least := (one.config or {}).get(LEAST_IN_SYNC)) and is_loose(one.copies, least)
    ]
    if loose:
        yield wrong(
            CHECK,
            f"acknowledged by one copy alone: {named(loose)}",
            f"{LEAST_IN_SYNC}=1",
            do="salur agencies apply --all --replication 3, or salur topics create --replication 3"
            " on a broker without users: both set it on topics that exist",
        )

"""What must change on a cluster so that it is as planned, and what it has beyond the plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.operate.provisioning.replication import LEAST_IN_SYNC, is_loose, least_in_sync
from deploy.operate.provisioning.service_rights import service_users
from deploy.operate.provisioning.state import Acl, ClusterState, TopicState, agency_of_user
from shared.contracts.topics import agency_of


@dataclass(frozen=True, slots=True)
class Surplus:
    """What is there and not planned; it stays unless its deletion is asked for."""

    topics: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    acls: tuple[Acl, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.topics or self.users or self.acls)


@dataclass(frozen=True, slots=True)
class ClusterDiff:
    """What to add or set; `conflicts` are differences that no command may mend by itself."""

    topics: Mapping[str, TopicState]
    configs: Mapping[str, Mapping[str, str]]
    users: tuple[str, ...]
    acls: tuple[Acl, ...]
    quotas: Mapping[str, Mapping[str, float]]
    surplus: Surplus
    conflicts: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of each kind are to be added or set."""
        return {
            "topics": len(self.topics),
            "configs": len(self.configs),
            "users": len(self.users),
            "acls": len(self.acls),
            "quotas": len(self.quotas),
        }

    def lines(self) -> Iterator[str]:
        """Yield one line per change: `+` is added, `~` is set."""
        yield from (f"+ topic {name} ({_told(topic)})" for name, topic in self.topics.items())
        for name, configs in self.configs.items():
            yield from (f"~ topic {name} {key}={value}" for key, value in configs.items())
        yield from (f"+ user {user}" for user in self.users)
        yield from (f"+ acl {acl}" for acl in self.acls)
        for user, quotas in self.quotas.items():
            yield from (f"~ quota {user} {key}={value:g}" for key, value in quotas.items())


def compare(wanted: ClusterState, present: ClusterState, *, whole: bool) -> ClusterDiff:
    """Return what lacks, differs and is too much.

    `whole` says that the plan has all institutions: only then is one that it does not know
    surplus.
    """
    return ClusterDiff(
        topics={
            name: wanted.topics[name] for name in sorted(wanted.topics.keys() - present.topics)
        },
        configs=dict(_configs(wanted, present)),
        users=tuple(sorted(wanted.users - present.users)),
        acls=tuple(sorted(wanted.acls - present.acls)),
        quotas=dict(_quotas(wanted, present)),
        surplus=_surplus(wanted, present, whole=whole),
        conflicts=tuple(_conflicts(wanted, present)),
    )


def chosen(surplus: Surplus, named: frozenset[str]) -> Surplus:
    """Return the part of these kinds (`topics`, `users`, `acls`) and of these institutions."""

    def is_named(kind: str, *codes: str | None) -> bool:
        return kind in named or not named.isdisjoint(filter(None, codes))

    return Surplus(
        topics=tuple(name for name in surplus.topics if is_named("topics", agency_of(name))),
        users=tuple(user for user in surplus.users if is_named("users", agency_of_user(user))),
        acls=tuple(
            acl
            for acl in surplus.acls
            if is_named("acls", agency_of(acl.name), agency_of_user(acl.user))
        ),
    )


def _configs(wanted: ClusterState, present: ClusterState) -> Iterator[tuple[str, dict[str, str]]]:
    for name in sorted(wanted.topics.keys() & present.topics.keys()):
        has = present.topics[name].config
        wants = {**tighter(present.topics[name]), **wanted.topics[name].config}
        if differing := {key: value for key, value in wants.items() if has.get(key) != value}:
            yield name, differing


def tighter(topic: TopicState) -> dict[str, str]:
    """Return what a topic lacks so that one of three copies alone does not count as enough."""
    loose = is_loose(topic.replication or 1, topic.config.get(LEAST_IN_SYNC))
    return least_in_sync(topic.replication) if loose else {}


def _quotas(wanted: ClusterState, present: ClusterState) -> Iterator[tuple[str, dict[str, float]]]:
    for user, wants in sorted(wanted.quotas.items()):
        has = present.quotas.get(user, {})
        if differing := {key: value for key, value in wants.items() if has.get(key) != value}:
            yield user, differing


def _surplus(wanted: ClusterState, present: ClusterState, *, whole: bool) -> Surplus:
    def is_ours(code: str | None) -> bool:
        return whole and code is not None

    return Surplus(
        topics=tuple(
            sorted(n for n in present.topics.keys() - wanted.topics if is_ours(agency_of(n)))
        ),
        users=tuple(sorted(u for u in present.users - wanted.users if is_ours(agency_of_user(u)))),
        acls=tuple(
            sorted(acl for acl in present.acls - wanted.acls if _judged(acl, wanted, whole=whole))
        ),
    )


def _judged(acl: Acl, wanted: ClusterState, *, whole: bool) -> bool:
    """Tell whether this plan is the one that must know the grant."""
    if whole:
        return acl.user in wanted.users or agency_of_user(acl.user) is not None
    # A service works for the institutions of other plans too.
    is_elsewhere = acl.resource == "topic" and acl.name not in wanted.topics
    return acl.user in wanted.users and not (acl.user in service_users() and is_elsewhere)


def _conflicts(wanted: ClusterState, present: ClusterState) -> Iterator[str]:
    for name in sorted(wanted.topics.keys() & present.topics.keys()):
        has, wants = present.topics[name].partitions, wanted.topics[name].partitions
        if has != wants:
            yield (
                f"topic {name} has {has} partitions, planned are {wants}; adding some would move"
                " complaints to other partitions than their earlier records"
            )


def _told(topic: TopicState) -> str:
    partitions = f"{topic.partitions} partition" + ("s" if topic.partitions > 1 else "")
    return ", ".join((partitions, *(f"{key}={value}" for key, value in topic.config.items())))

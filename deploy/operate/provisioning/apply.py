"""Brings a cluster to the plan, in an order that leaves nobody half served.

Topics, then limits, users and grants: who may log in is already limited, and what is granted is
already there. Deletions come last, and only of the kinds that are named.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy.operate.provisioning.diff import ClusterDiff, Surplus, chosen, compare
from deploy.operate.provisioning.password_files import PasswordFolder
from deploy.operate.provisioning.state import Acl, ClusterState, TopicState
from shared.errors import BrokerAway, Misconfigured

USERS_AT_ONCE = 200
SEEN_SECONDS = 30.0
POLL_SECONDS = 0.1


class ClusterAdmin(Protocol):
    """What is needed of a cluster; `deploy.operate.provisioning.admin_client.Cluster` is one."""

    def read(self, wanted: ClusterState) -> ClusterState:
        """Return what is there of what this program provisions, and all grants to named users."""
        ...

    def create_topics(self, topics: Mapping[str, TopicState]) -> None:
        """Create topics and wait until each has its leaders."""
        ...

    def set_configs(self, configs: Mapping[str, Mapping[str, str]]) -> None:
        """Set single configurations of topics."""
        ...

    def tighten(self, topics: Mapping[str, TopicState]) -> int:
        """Have topics with three copies count one alone as too few; return how many."""
        ...

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Create users, or give those that are there another password."""
        ...

    def create_acls(self, acls: Sequence[Acl]) -> None:
        """Grant."""
        ...

    def set_quotas(self, quotas: Mapping[str, Mapping[str, float]]) -> None:
        """Set single limits of users."""
        ...

    def delete_topics(self, names: Sequence[str]) -> None:
        """Delete topics with all their records."""
        ...

    def delete_acls(self, acls: Sequence[Acl]) -> None:
        """Take grants back."""
        ...

    def delete_users(self, users: Sequence[str]) -> None:
        """Delete users and their limits."""
        ...


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to apply: where passwords go, whose are changed, which surplus is deleted."""

    whole: bool = False  # the plan has all institutions
    secrets: Path | None = None
    rotate: frozenset[str] = frozenset()  # users
    delete: frozenset[str] = frozenset()  # topics, users, acls; codes, with all that is theirs
    say: Callable[[str], None] = field(default=lambda _: None)


def difference(cluster: ClusterAdmin, wanted: ClusterState, *, whole: bool) -> ClusterDiff:
    """Return what would change."""
    return compare(wanted, cluster.read(wanted), whole=whole)


def apply(cluster: ClusterAdmin, wanted: ClusterState, wishes: ApplyOptions) -> ClusterDiff:
    """Change what differs and wait until the cluster shows it; return what was changed.

    A second call finds nothing to do.

    Raises:
        BrokerAway: Kafka did not answer, or does not show what it was told to change.
        Misconfigured: a user needs a password and no folder is named for it, a user to rotate is
            not in the plan, or Kafka refused something.
    """
    found = difference(cluster, wanted, whole=wishes.whole)
    users = _users(found, wanted, wishes)
    _topics(cluster, found, wishes)
    if found.quotas:
        wishes.say(f"limiting {len(found.quotas)} users")
        cluster.set_quotas(found.quotas)
    _passwords(cluster, users, wishes)
    if found.acls:
        wishes.say(f"granting {len(found.acls)} rights")
        cluster.create_acls(found.acls)
    _delete(cluster, chosen(found.surplus, wishes.delete), wishes)
    if any(found.counts.values()):
        _seen(cluster, wanted)
    return found


def _seen(cluster: ClusterAdmin, wanted: ClusterState) -> None:
    # Taken is not yet known: for a moment a broker refuses a user whom the controller has.
    deadline = time.monotonic() + SEEN_SECONDS
    while any((left := difference(cluster, wanted, whole=False).counts).values()):
        if time.monotonic() > deadline:
            raise BrokerAway(f"changed, and not shown within {SEEN_SECONDS:.0f} s: {left}")
        time.sleep(POLL_SECONDS)


def _users(found: ClusterDiff, wanted: ClusterState, wishes: ApplyOptions) -> tuple[str, ...]:
    if unknown := sorted(wishes.rotate - wanted.users):
        raise Misconfigured(f"no user {unknown[0]} in this plan; its passwords cannot be rotated")
    left = PasswordFolder(wishes.secrets).unfinished(wanted.users) if wishes.secrets else ()
    users = tuple(sorted({*found.users, *wishes.rotate, *left}))
    if users and wishes.secrets is None:
        raise Misconfigured(
            f"{len(users)} users need a password, {users[0]} for one; name a folder for their"
            " files: --secrets-out DIR"
        )
    return users


def _topics(cluster: ClusterAdmin, found: ClusterDiff, wishes: ApplyOptions) -> None:
    if found.topics:
        wishes.say(f"creating {len(found.topics)} topics")
        cluster.create_topics(found.topics)
    if found.configs:
        wishes.say(f"configuring {len(found.configs)} topics")
        cluster.set_configs(found.configs)


def _passwords(cluster: ClusterAdmin, users: Sequence[str], wishes: ApplyOptions) -> None:
    if wishes.secrets is None or not users:
        return
    folder = PasswordFolder(wishes.secrets)
    wishes.say(f"setting the passwords of {len(users)} users")
    for start in range(0, len(users), USERS_AT_ONCE):
        some = users[start : start + USERS_AT_ONCE]
        cluster.set_passwords(folder.draft(some, rotated=wishes.rotate))
        folder.keep(some)


def _delete(cluster: ClusterAdmin, surplus: Surplus, wishes: ApplyOptions) -> None:
    # Rights first: whoever loses the topic must not find a new one under its name.
    if surplus.acls:
        wishes.say(f"taking back {len(surplus.acls)} rights")
        cluster.delete_acls(surplus.acls)
    if surplus.users:
        wishes.say(f"deleting {len(surplus.users)} users")
        cluster.delete_users(surplus.users)
    if surplus.topics:
        wishes.say(f"deleting {len(surplus.topics)} topics")
        cluster.delete_topics(surplus.topics)

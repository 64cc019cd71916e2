"""Judges who may do what on Kafka by the plan of `salur agencies`: users, grants, limits."""

from collections.abc import Iterable, Iterator, Sequence

from deploy.operate.doctor.findings import DoctorFinding, counted, fine, named, note, wrong
from deploy.operate.provisioning.apply import difference
from deploy.operate.provisioning.connection import connected
from deploy.operate.provisioning.diff import ClusterDiff
from deploy.operate.provisioning.plan import plan
from deploy.operate.provisioning.state import Acl
from deploy.processes import PartFailed
from shared.errors import Misconfigured
from shared.settings import KafkaSettings

CHECK = "rights"
APPLY = "salur agencies apply --all"


def ask_rights(
    settings: KafkaSettings, agencies: Sequence[str], *, whole: bool
) -> list[DoctorFinding]:
    """Return what differs from the plan; a note where this user may not ask, or nobody is asked.

    Raises:
        BrokerAway: Kafka does not answer.
    """
    if not settings.security_protocol.startswith("SASL"):
        do = "in production give every service and institution a user: salur agencies apply"
        return [note(CHECK, "this connection asks for no user", settings.security_protocol, do=do)]
    try:
        with connected(settings) as cluster:
            wanted = plan(agencies)
            return list(judge_rights(difference(cluster, wanted, whole=whole), len(wanted.acls)))
    except (Misconfigured, PartFailed) as error:
        do = "run it as one of the cluster's super users, with the extra `admin` installed"
        return [note(CHECK, "users and grants were not looked at", error, do=do)]


def judge_rights(found: ClusterDiff, planned: int) -> Iterator[DoctorFinding]:
    """Yield what users lack and what they have beyond the plan, by user."""
    said = [*_users(found), *_lacking(found.acls), *_beyond(found.surplus.acls), *_limits(found)]
    yield from said
    if not said:
        yield fine(
            CHECK, "every user has what the plan says, and no more", counted(planned, "grant")
        )


def _users(found: ClusterDiff) -> Iterator[DoctorFinding]:
    if found.users:
        yield wrong(
            CHECK,
            f"no such users: {named(found.users)}",
            counted(len(found.users), "user"),
            do=f"{APPLY} --secrets-out DIR",
        )


def _lacking(acls: Iterable[Acl]) -> Iterator[DoctorFinding]:
    for user, grants in _by_user(acls).items():
        value = counted(len(grants), "grant")
        what = f"{user} may not {named(map(_told, grants))}"
        yield wrong(CHECK, what, value, do=f"{APPLY}, as one of the cluster's super users")


def _beyond(acls: Iterable[Acl]) -> Iterator[DoctorFinding]:
    for user, grants in _by_user(acls).items():
        yield wrong(
            CHECK,
            f"{user} has what nobody planned: {named(grants)}",
            counted(len(grants), "grant"),
            do=f"{APPLY} --delete acls takes it back",
        )


def _limits(found: ClusterDiff) -> Iterator[DoctorFinding]:
    if found.quotas:
        what = f"limits differ from the plan: {named(found.quotas)}"
        yield wrong(
            CHECK, what, counted(len(found.quotas), "user"), do=f"{APPLY}, with the --limit of it"
        )


def _by_user(acls: Iterable[Acl]) -> dict[str, list[Acl]]:
    users: dict[str, list[Acl]] = {}
    for acl in sorted(acls):
        users.setdefault(acl.user, []).append(acl)
    return users


def _told(acl: Acl) -> str:
    return str(acl).removeprefix(f"{acl.user} {acl.permission} ")

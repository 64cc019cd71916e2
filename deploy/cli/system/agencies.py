"""`salur agencies`: topics, users, grants and limits of the institutions, and of the services."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.outcome import conclude, end_wrong, put, say
from deploy.cli.system.agency_changes import add, close, merge, rename
from deploy.cli.system.topics import read_codes
from deploy.operate.agencies.institutions import all_codes, closed_codes
from deploy.operate.agencies.kafka_provisioning import without_the_gone
from deploy.operate.provisioning.apply import ApplyOptions, ClusterAdmin, apply, difference
from deploy.operate.provisioning.connection import connected
from deploy.operate.provisioning.diff import ClusterDiff, Surplus, chosen
from deploy.operate.provisioning.plan import LIMITS, InstitutionQuota, plan
from deploy.operate.provisioning.state import ClusterState
from deploy.operate.provisioning.strimzi import render, write
from deploy.settings import CommandSettings
from shared.errors import Misconfigured

app = typer.Typer(help="Institutions on Kafka: who may do what.", no_args_is_help=True)
_LIMITS = ", ".join(f"{name}={value}" for name, value in LIMITS)


class SurplusKind(StrEnum):
    """What may be deleted where the plan does not have it."""

    TOPICS = "topics"
    USERS = "users"
    ACLS = "acls"


Agency = Annotated[list[str] | None, typer.Option("--agency", help="code; may be given again")]
Every = Annotated[bool, typer.Option("--all", help="all institutions of the directory")]
Copies = Annotated[int | None, typer.Option(min=1, help="of each partition; else the cluster's")]
Limit = Annotated[
    list[str] | None,
    typer.Option(help=f"KEY=VALUE of an institution, per broker; {_LIMITS}; may be given again"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only show the difference")]
Secrets = Annotated[
    Path | None, typer.Option(help="folder for the passwords of users, a file each")
]
Rotate = Annotated[
    list[str] | None, typer.Option(help="user who gets another password; may be given again")
]
Delete = Annotated[
    list[str] | None,
    typer.Option(
        help="topics, users or acls that the plan does not have, the first two with --all; or"
        " the code of a closed institution, with all that is its own; may be given again"
    ),
]


for _command in (add, rename, close, merge):
    app.command()(_command)


@app.callback()
def _agencies() -> None:
    pass


@app.command("apply")
def apply_(  # noqa: PLR0913 - each option of a command is an argument
    agency: Agency = None,
    every: Every = False,
    *,
    dry_run: DryRun = False,
    secrets_out: Secrets = None,
    rotate: Rotate = None,
    delete: Delete = None,
    replication: Copies = None,
    limit: Limit = None,
) -> None:
    """Bring the cluster to the plan: as one of its super users; again changes nothing.

    Nothing is deleted without --delete, and no password of a user who is there is changed without
    --rotate.
    """
    codes, limits = _codes(agency, every=every), _limits(limit)
    gone = _gone(delete, every=every)
    changed, unwanted = frozenset(rotate or ()), frozenset(delete or ())
    wishes = ApplyOptions(
        whole=every, secrets=secrets_out, rotate=changed, delete=unwanted, say=say
    )
    with connected(CommandSettings().kafka) as cluster:
        codes = without_the_gone(cluster, codes, closed_codes(), gone=gone)
        wanted = plan(codes, limits, replication=replication)
        found = _done(cluster, wanted, wishes, dry_run=dry_run)
    _report(found, wishes, dry_run=dry_run)


def _done(
    cluster: ClusterAdmin, wanted: ClusterState, wishes: ApplyOptions, *, dry_run: bool
) -> ClusterDiff:
    if dry_run:
        return difference(cluster, wanted, whole=wishes.whole)
    return apply(cluster, wanted, wishes)


@app.command("render")
def render_(  # noqa: PLR0913 - each option of a command is an argument
    out: Annotated[Path, typer.Option(help="folder for the files")],
    agency: Agency = None,
    every: Every = False,
    *,
    cluster: Annotated[str, typer.Option(help="name of the Kafka resource")] = "kafka",
    replication: Copies = None,
    limit: Limit = None,
) -> None:
    """Write the same plan as Strimzi's KafkaTopic and KafkaUser, a file for each institution."""
    codes = _codes(agency, every=every)
    files = render(codes, _limits(limit), cluster=cluster, replication=replication)
    write(files, out)
    conclude({"files": len(files), "institutions": len(codes), "folder": out})


def _codes(named: list[str] | None, *, every: bool) -> tuple[str, ...]:
    if every == bool(named):
        raise Misconfigured("name institutions with --agency CODE, or all of them with --all")
    known = all_codes()
    if every:
        return known
    codes = read_codes(",".join(named or ()))
    if unknown := [code for code in codes if code not in known]:
        raise Misconfigured(f"the directory has no institution {unknown[0]}")
    return codes


def _gone(delete: list[str] | None, *, every: bool) -> frozenset[str]:
    gone = frozenset(delete or ()) - frozenset(SurplusKind)
    if gone and not every:
        raise Misconfigured("what a closed institution had is deleted with --all alone")
    if unknown := sorted(gone - closed_codes()):
        kinds = ", ".join(SurplusKind)
        raise Misconfigured(
            f"--delete {unknown[0]}: write {kinds}, or the code of a closed institution"
        )
    return gone


def _limits(given: list[str] | None) -> InstitutionQuota:
    pairs = [one.partition("=") for one in given or ()]
    for key, _, _ in pairs:
        if key not in InstitutionQuota.model_fields:
            raise Misconfigured(
                f"no limit {key!r}; there are {', '.join(InstitutionQuota.model_fields)}"
            )
    return InstitutionQuota.model_validate({key: value for key, _, value in pairs})


def _report(found: ClusterDiff, wishes: ApplyOptions, *, dry_run: bool) -> None:
    gone = chosen(found.surplus, wishes.delete)
    for line in (*found.lines(), *(f"* {user} gets another password" for user in wishes.rotate)):
        put(line)
    for line in _surplus(found.surplus, gone):
        put(line)
    conclude(
        {
            "dry_run": dry_run,
            **found.counts,
            "rotated": len(wishes.rotate),
            "deleted": _count(gone),
            "kept": _count(found.surplus) - _count(gone),
            "conflicts": found.conflicts,
        }
    )
    if found.conflicts:
        end_wrong("\n".join(found.conflicts))


def _surplus(surplus: Surplus, gone: Surplus) -> Iterator[str]:
    pairs = (
        ("topic", surplus.topics, gone.topics),
        ("user", surplus.users, gone.users),
        ("acl", surplus.acls, gone.acls),
    )
    for kind, things, deleted in pairs:
        for thing in things:
            yield f"- {kind} {thing}" if thing in deleted else f"= {kind} {thing} (not planned)"


def _count(surplus: Surplus) -> int:
    return len(surplus.topics) + len(surplus.users) + len(surplus.acls)

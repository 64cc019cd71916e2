"""`salur keys`: API keys of those who call intake, and the keys that services are given."""

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli.durations import read_duration
from deploy.cli.outcome import conclude, end_wrong, progress, say
from deploy.operate.backup.age import new_identity
from deploy.operate.keys.keys_and_audit import known_keys, new_key, revoked_key, rotated_key
from deploy.operate.keys.tracking_keys import notifiers_key, with_new_secret
from deploy.operate.keys.vault_keys import notifiers_keys, resealed, ring_of, with_new_key
from deploy.settings import CommandSettings
from services.intake.identity.resealing import ResealingCounts
from services.intake.settings import SECRET, VAULT_KEYS
from services.intake.submit.records import ApiKey
from shared.errors import Misconfigured
from shared.key_rings import KeyRing, written
from shared.runtime.clock import WallClock

app = typer.Typer(
    help="API keys of those who call intake, and keys of services.", no_args_is_help=True
)
Expires = Annotated[
    str | None, typer.Option(help="how long it lives: 12h, 90d; without it until it is revoked")
]
KeyId = Annotated[str, typer.Argument(help="12 characters: the part of the key after `salur_`")]
MOST_TOLD = 10  # rows that do not open, named one by one
_COLUMNS = ("id", "role", "name", "agency", "scopes", "created", "expires", "last used", "state")


@app.callback()
def _keys() -> None:
    pass


@app.command()
def create(  # noqa: PLR0917 # options of a command line
    role: Annotated[str, typer.Option(help="gateway, agency, officer or operator")],
    name: Annotated[str, typer.Option(help="who it is for; 1 to 64 of a-z, 0-9, '.', '_', '-'")],
    agency: Annotated[str | None, typer.Option(help="institution's code, for role agency")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="trusted: institution and category it names are taken; for gateway and operator"
        ),
    ] = None,
    expires: Expires = None,
) -> None:
    """Make a key and print it: it cannot be shown again."""
    scopes = sorted(set(scope or ()))
    lives = read_duration(expires) if expires else None
    made = new_key(CommandSettings().mongo, role, name, agency=agency, scopes=scopes, lives=lives)
    key = asyncio.run(made)
    say("keep this key now; only its hash is stored")
    conclude({"role": role, "name": name, "agency": agency, "scopes": scopes, "key": key})


@app.command()
def tracking() -> None:
    """Print the notifier's keys of tracking codes (NOTIFIER_TRACKING_KEY).

    They are derived from intake's INTAKE_SECRET, taken from the environment or, where it is not
    there, from the first line of standard input.
    """
    conclude({"tracking_key": notifiers_key(_given(SECRET))})


@app.command()
def secret() -> None:
    """Make another secret of intake and print INTAKE_SECRET with it behind those that are there.

    INTAKE_SECRET is taken from the environment or, where it is not there, from the first line of
    standard input. Once all intakes know the new one, put it first: then it makes what is new.
    """
    ring, new = with_new_secret(_given(SECRET), WallClock().now())
    conclude({"secret": ring, "new": new})


@app.command()
def vault(
    *,
    first: Annotated[
        bool, typer.Option("--first", help="there is no ring yet: print one of one key")
    ] = False,
) -> None:
    """Make a key of the vault and print INTAKE_VAULT_KEYS with it before those that are there.

    INTAKE_VAULT_KEYS is taken from the environment or, where it is not there, from the first line
    of standard input.
    """
    made = with_new_key(_present_ring(first=first), WallClock().now())
    say("keep these keys apart from the database and its back-ups: without them nothing opens")
    conclude({"vault_keys": written(made), "new": made.newest})


@app.command()
def contacts() -> None:
    """Print the notifier's keys of contacts (NOTIFIER_CONTACT_KEYS), which open nothing else.

    They are derived from intake's INTAKE_VAULT_KEYS, taken from the environment or, where it is
    not there, from the first line of standard input.
    """
    conclude({"contact_keys": notifiers_keys(_given(VAULT_KEYS))})


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="where the identity goes, which reads back-ups")],
) -> None:
    """Make a pair of keys for back-ups: the identity into a file, the recipient printed.

    Only who makes back-ups needs the recipient (`salur backup --recipient`). Keep the identity
    away from where they are made and kept.
    """
    identity, recipient = new_identity()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Misconfigured(f"cannot write {file}: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"# recipient: {recipient}\n{identity}\n")
    conclude({"recipient": recipient, "identity": str(file)})


@app.command("rotate-vault")
def rotate_vault(
    *,
    seal_plain: Annotated[
        bool,
        typer.Option("--seal-plain", help="rows of before there were keys too: once, on upgrade"),
    ] = False,
) -> None:
    """Seal vault and contacts anew, under the first key of INTAKE_VAULT_KEYS; once all are, code 0.

    The ring is taken from the environment or, where it is not there, from the first line of
    standard input. Services go on meanwhile; cut off, it goes on with what is not done.
    """
    ring = _given(VAULT_KEYS)
    done, left = asyncio.run(
        resealed(CommandSettings().mongo, ring, seals_plain=seal_plain, say=say)
    )
    for why in [*done.vault.unopenable.values(), *done.contacts.unopenable.values()][:MOST_TOLD]:
        say(why)
    if done.vault.plain:
        say(f"{done.vault.plain} rows are not sealed at all; --seal-plain seals them")
    conclude({"vault": _told(done.vault), "contacts": _told(done.contacts), "left": left})
    if left:
        end_wrong(f"{left} rows are not under the newest key; see above, then run it again")


def _told(counts: ResealingCounts) -> dict[str, int]:
    return {
        "resealed": counts.resealed,
        "sealed": counts.sealed,
        "plain": counts.plain,
        "unopenable": len(counts.unopenable),
    }


@app.command()
def rotate(
    key_id: KeyId,
    grace: Annotated[str, typer.Option(help="how long the former key still works")] = "7d",
    expires: Expires = None,
) -> None:
    """Make a second key of the same caller and print it; the former one ends after the grace time.

    Repeats of requests get their first answer with either key. Without --expires the new key lives
    as long as the former was to.
    """
    lives = read_duration(expires) if expires else None
    rotated = rotated_key(CommandSettings().mongo, key_id, grace=read_duration(grace), lives=lives)
    key, ends = asyncio.run(rotated)
    say("keep this key now; only its hash is stored")
    conclude({"key": key, "former": key_id, "former_ends": ends.isoformat()})


@app.command()
def revoke(key_id: KeyId) -> None:
    """End a key at once; every intake knows within INTAKE_KEY_CACHE_SECONDS."""
    revoked = asyncio.run(revoked_key(CommandSettings().mongo, key_id))
    conclude({"revoked": revoked.id, "role": revoked.role, "name": revoked.name})


@app.command("list")
def show() -> None:
    """Show all keys, without their secrets; when one was used last is right to the hour."""
    keys = asyncio.run(known_keys(CommandSettings().mongo))
    now = WallClock().now()
    table = Table()
    for column in _COLUMNS:  # an id is copied from here: on a narrow screen others make room
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for key in keys:
        table.add_row(*(str(cell or "") for cell in _row(key, now).values()))
    progress().print(table)
    conclude({"keys": [_row(key, now) for key in keys]})


def _present_ring(*, first: bool) -> KeyRing:
    given = os.environ.get(VAULT_KEYS, "") if first else _given(VAULT_KEYS)
    if first and given:
        raise Misconfigured(f"{VAULT_KEYS} holds a ring already; without --first it gets a new key")
    if not first and not given.strip():
        raise Misconfigured(
            f"no ring is given, and a new one alone would open nothing that was sealed before: name"
            f" it in {VAULT_KEYS}, or on standard input (salur keys vault < vault-keys.txt);"
            " --first makes the first ring of an installation"
        )
    return ring_of(given)


def _given(setting: str) -> str:
    return os.environ.get(setting) or sys.stdin.readline().rstrip("\r\n")


def _row(key: ApiKey, now: datetime) -> dict[str, object]:
    told = {"id": key.id, "role": key.role.value, "name": key.name, "agency": key.agency}
    return {
        **told,
        "scopes": " ".join(sorted(key.scopes)),
        "created_at": _instant(key.created_at),
        "expires_at": _instant(key.expires_at),
        "used_at": _instant(key.used_at),
        "state": "revoked" if key.revoked_at else "live" if key.is_live(now) else "expired",
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None

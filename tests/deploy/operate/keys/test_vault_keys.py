"""`salur keys vault` and `contacts`: keys of the vault, and the notifier's, which are of them."""

import json

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from services.intake.settings import IntakeSettings
from services.notifier.settings import NotifierSettings
from tests.support.builders import CONTACT_RING, VAULT_KEYS

SECRET = "a-secret-for-tests-of-at-least-32-characters"


def keys(what: str, *options: str, given: str = "", stdin: str = "") -> Result:
    return CliRunner().invoke(
        app, ["keys", what, *options], input=stdin, env={"INTAKE_VAULT_KEYS": given}
    )


def printed(result: Result, name: str) -> str:
    return str(json.loads(result.stdout.splitlines()[-1])[name])


@pytest.mark.parametrize("how", ["given", "stdin"])
def test_a_new_key_seals_and_those_before_go_on_opening(how: str) -> None:
    first = printed(keys("vault", "--first"), "vault_keys")
    second = keys("vault", **{how: first})

    ring = IntakeSettings(secret=SECRET, vault_keys=printed(second, "vault_keys")).vault_ring
    assert list(ring.keys)[1:] == list(
        IntakeSettings(secret=SECRET, vault_keys=first).vault_ring.keys
    )
    assert ring.newest == printed(second, "new")


@pytest.mark.parametrize("how", ["given", "stdin"])
def test_the_notifier_gets_keys_that_open_contacts_alone(how: str) -> None:
    result = keys("contacts", **{how: VAULT_KEYS})

    settings = NotifierSettings(contact_keys=printed(result, "contact_keys"))
    assert settings.contact_ring.keys == CONTACT_RING.keys
    assert not any(key in result.output for key in VAULT_KEYS.split(","))


def test_a_ring_is_begun_only_where_that_is_said_and_there_is_none() -> None:
    forgotten = keys("vault", stdin="\n")
    begun_again = keys("vault", "--first", given=VAULT_KEYS)

    assert (forgotten.exit_code, begun_again.exit_code) == (2, 2)
    assert "no ring is given" in forgotten.stderr
    assert "holds a ring already" in begun_again.stderr
    assert "vault_keys" not in forgotten.stdout + begun_again.stdout


@pytest.mark.parametrize("what", ["vault", "contacts"])
def test_what_is_no_ring_is_refused_without_saying_it(what: str) -> None:
    result = keys(what, given="k1:too-short-a-key")

    assert result.exit_code == 2
    assert "INTAKE_VAULT_KEYS: the key k1 is not 32 bytes" in result.stderr
    assert "too-short" not in result.stderr


def test_without_keys_there_are_none_of_contacts() -> None:
    result = keys("contacts", stdin="\n")

    assert result.exit_code == 2
    assert "INTAKE_VAULT_KEYS is empty" in result.stderr

"""`salur keys vault` and `contacts`: keys of the vault, and the notifier's, which are of them."""

import json

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from services.intake.settings import IntakeSettings
from services.notifier.settings import NotifierSettings
from tests.support.builders import CONTACT_RING, VAULT_KEYS

SECRET = "a-secret-for-tests-of-at-least-32-characters"


def keys(what: str, *, given: str = "", stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["keys", what], input=stdin, env={"INTAKE_VAULT_KEYS": given})


def printed(result: Result, name: str) -> str:
    return str(json.loads(result.stdout.splitlines()[-1])[name])


def test_a_new_key_seals_and_those_before_go_on_opening() -> None:
    first = printed(keys("vault"), "vault_keys")
    second = keys("vault", given=first)

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

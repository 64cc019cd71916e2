"""`salur keys tracking`: the notifier's key, from intake's secret and without it."""

import json

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from services.notifier.reporter_settings import keys_of
from services.notifier.settings import NotifierSettings
from shared.contracts.identifiers import tracking_key

SECRET = "a-secret-for-tests-of-at-least-32-characters"


def keys_tracking(stdin: str = "", secret: str = "") -> Result:
    return CliRunner().invoke(app, ["keys", "tracking"], input=stdin, env={"INTAKE_SECRET": secret})


@pytest.mark.parametrize("given", [{"stdin": f"{SECRET}\n"}, {"secret": SECRET}])
def test_the_notifier_gets_a_key_that_makes_the_same_codes(given: dict[str, str]) -> None:
    result = keys_tracking(**given)

    printed = json.loads(result.stdout.splitlines()[-1])["tracking_key"]
    settings = NotifierSettings(tracking_key=printed)
    assert keys_of(settings.tracking_key).keys == {"1": tracking_key(SECRET.encode())}
    assert SECRET not in result.output


def test_a_secret_that_intake_would_refuse_gives_no_key() -> None:
    result = keys_tracking("short\n")

    assert result.exit_code == 2
    assert "INTAKE_SECRET" in result.stderr
    assert "short\n" not in result.stderr


def test_a_new_secret_comes_last_and_the_notifier_gets_a_key_of_each() -> None:
    env = {"INTAKE_SECRET": SECRET}
    made = json.loads(CliRunner().invoke(app, ["keys", "secret"], env=env).stdout)

    assert made["secret"].startswith(f"1:{SECRET},{made['new']}:")
    printed = json.loads(keys_tracking(secret=made["secret"]).stdout)["tracking_key"]
    keys = keys_of(NotifierSettings(tracking_key=printed).tracking_key).keys
    assert list(keys) == ["1", made["new"]]
    assert keys["1"] == tracking_key(SECRET.encode())

"""The runbook's steps without Kubernetes are those of this tree, and end with four doors."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dev.local.certificates import Authority
from services.intake.settings import IntakeSettings
from services.metrics.settings import MetricsSettings
from services.notifier.settings import NotifierSettings
from services.router.settings import RouterSettings
from tests.support.builders import VAULT_KEYS

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^### Processes$.*?^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
STRANGER = re.compile(r"pip install\b[^\n`#]*?[ '\"]salur\b")  # what an index would have to name
PAGES = [
    page
    for folder in ("deploy", "services", "shared")
    for page in (ROOT / folder).rglob("*.md")
    if "node_modules" not in page.parts
]
SETTINGS = {
    "intake": IntakeSettings,
    "router": RouterSettings,
    "notifier": NotifierSettings,
    "metrics": MetricsSettings,
}
WHOLE = {"INTAKE_SECRET": "0" * 64, "INTAKE_VAULT_KEYS": VAULT_KEYS}
SHIM = f"""#!{sys.executable}
import json, os, sys
print(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], dict(os.environ)]))
"""
Call = tuple[str, list[str], dict[str, str]]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """Return the programs that the section's block calls, with their environment."""
    programs: Path = tmp_path_factory.mktemp("bin")
    for name in ("pip", "salur"):
        (programs / name).write_text(SHIM)
        (programs / name).chmod(0o700)
    found = SECTION.search((ROOT / "deploy" / "README.md").read_text(encoding="utf-8"))
    assert found
    done = subprocess.run(
        ["sh", "-eu", "-c", found[1]],
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_it_is_installed_from_this_tree_before_it_is_used(calls: list[Call]) -> None:
    program, words, _ = calls[0]

    assert (program, words) == ("pip", ["install", ".[admin]"])
    assert {one[0] for one in calls[1:]} == {"salur"}


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *PAGES], ids=lambda page: page.name)
def test_no_page_installs_what_an_index_calls_salur(page: Path) -> None:
    assert STRANGER.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("words", ["pip install salur", "pip install 'salur[admin]'"])
def test_a_page_that_did_would_be_noticed(words: str) -> None:
    assert STRANGER.search(words)
    assert not STRANGER.search("pip install '.[admin]'  # salur")


def test_every_service_answers_others_at_a_port_of_its_own(
    calls: list[Call], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {words[1]: given for _, words, given in calls if words[0] == "run"}
    own = {**WHOLE, "SALUR_CA_FILE": str(Authority(tmp_path).file)}
    doors = []
    for service, given in runs.items():
        for name, value in {**given, **own}.items():
            monkeypatch.setenv(name, value)
        settings = SETTINGS[service]()
        doors.append((settings.host, settings.port))
        for name in given.keys() - {"PATH"}:
            monkeypatch.delenv(name, raising=False)

    assert set(runs) == set(SETTINGS)
    assert {host for host, _ in doors} == {"0.0.0.0"}
    assert len({port for _, port in doors}) == len(SETTINGS)

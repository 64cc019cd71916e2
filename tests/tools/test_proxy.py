"""HAProxy as the tests run it: the configuration that operators get, and what it lets through."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import proxy
from deploy.local.parts import running
from deploy.local.process import PartFailed, free_port
from deploy.local.proxy import Haproxy, main, require_haproxy

pytestmark = pytest.mark.tools
SERVERS = ("intake-1", "intake-2", "metrics-1", "metrics-2")


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Haproxy]:
    """Return a proxy behind which nobody is."""
    part = Haproxy(tmp_path, {name: f"127.0.0.1:{free_port()}" for name in SERVERS})
    with running(part):
        yield part


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_it_is_there() -> None:
    assert main(["--require"]) == 0


def test_without_it_its_package_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(proxy, "ROOTS_PROGRAMS", "")

    with pytest.raises(PartFailed, match="Debian's package `haproxy`"):
        require_haproxy()
    assert main(["--require"]) == 3
    assert "haproxy" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/livez", "/readyz", "/status", "/v2/complaints"]
)
def test_what_is_for_the_cluster_is_not_for_the_world(haproxy: Haproxy, path: str) -> None:
    assert status(haproxy.url + path) == 404


@pytest.mark.parametrize("path", ["/v1/complaints", "/openapi.json", "/league", "/league.json"])
def test_the_doors_lead_to_the_services(haproxy: Haproxy, path: str) -> None:
    assert status(haproxy.url + path) == 503  # there are none


def test_it_tells_how_every_server_is_doing(haproxy: Haproxy) -> None:
    assert set(haproxy.states()) == set(SERVERS)


def test_its_configuration_gives_no_warning(haproxy: Haproxy) -> None:
    lines = haproxy.child.log_path.read_text().splitlines()

    assert [line for line in lines if "WARNING" in line and "config" in line] == []

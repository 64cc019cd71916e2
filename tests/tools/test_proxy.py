"""HAProxy as the tests run it: the configuration that operators get, and what it lets through."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev.local.parts import running
from deploy.processes import PartFailed, free_port
from tests.support.programs import haproxy as proxy
from tests.support.programs.haproxy import Haproxy, main, require_haproxy

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


async def test_a_service_hears_of_a_request_when_its_body_is_there(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    at = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    part = Haproxy(tmp_path, dict.fromkeys(SERVERS, at))
    await asyncio.to_thread(part.start)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(part.url.split(":")[2]))
        head = b"POST /v1/complaints HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
        writer.write(head + b"12345")
        await writer.drain()
        # Another that came later was heard of: so this one is kept back, and not merely slow.
        assert await asyncio.to_thread(status, f"{part.url}/v1/triage") == 200
        assert [one for one in heard if one.startswith(b"POST")] == []

        writer.write(b"67890")

        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert len([one for one in heard if one.startswith(b"POST")]) == 1
        writer.close()
    finally:
        await asyncio.to_thread(part.stop)
        server.close()

"""The parts of uvicorn that the HTTP server builds on are as they were when they were read."""

import asyncio
import inspect
from importlib.metadata import version

import httptools
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.http.bounded_protocol import CHECKED

CALLBACKS = (
    *("on_message_begin", "on_header", "on_headers_complete", "on_body", "on_message_complete"),
    *("on_response_complete", "send_400_response"),
)
KEPT = ("headers", "loop", "parser", "transport")


def test_the_release_is_the_one_that_was_read() -> None:
    found = version("uvicorn")

    assert found == CHECKED, (
        f"uvicorn {found} is installed, and its parser's protocol was read in {CHECKED}: compare "
        "its protocols/http/httptools_impl.py with shared/http/bounded_protocol.py and its "
        "server.py with shared/http/graceful_server.py, run the tests of tests/shared/http and "
        "tests/tools/test_rolling_restart.py, and set CHECKED in bounded_protocol.py"
    )


@pytest.mark.parametrize("name", CALLBACKS)
def test_the_protocol_has_the_callback(name: str) -> None:
    assert callable(getattr(HttpToolsProtocol, name, None)), (
        f"uvicorn's HttpToolsProtocol has no {name} any more: look in httptools_impl.py for what "
        "is called in its place, else shared/http/bounded_protocol.py bounds nothing there"
    )


async def test_the_protocol_keeps_what_is_read_of_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing."""

    config = uvicorn.Config(app, http=HttpToolsProtocol, log_config=None)
    config.load()
    server = uvicorn.Server(config)
    protocol = HttpToolsProtocol(config, server.server_state, {}, _loop=asyncio.get_running_loop())

    assert isinstance(protocol.parser, httptools.HttpRequestParser)
    for name in KEPT:
        assert hasattr(protocol, name), (
            f"uvicorn's HttpToolsProtocol keeps no {name} any more: look in httptools_impl.py for "
            "its new name, and change shared/http/bounded_protocol.py"
        )


@pytest.mark.parametrize(("name", "arguments"), [("handle_exit", 3), ("shutdown", 2)])
def test_the_server_has_the_method_that_is_built_upon(name: str, arguments: int) -> None:
    method = getattr(uvicorn.Server, name, lambda: None)

    assert len(inspect.signature(method).parameters) == arguments, (
        f"uvicorn's Server.{name} is another by now: look in server.py how it takes signals and "
        "how it stops, and change shared/http/graceful_server.py"
    )

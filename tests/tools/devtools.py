"""A tab of Chromium, driven as a reader would: it goes to addresses, clicks, looks and prints."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

SECONDS = 20.0  # the longest that one command, or the loading of a page, may take
BLANK = "about:blank"


class Tab:
    """One tab; `complaints` is what its console said, `requests` every address it asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()

    async def listen(self) -> None:
        """Take in what the tab says until it is closed."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            else:
                self._note(said["method"], said["params"])

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the result of a command of the DevTools protocol."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(SECONDS):
            said = await answer
        assert "error" not in said, f"{method}: {said.get('error')}"
        result: dict[str, Any] = said["result"]
        return result

    async def resize(self, width: int, height: int) -> None:
        """Show pages in this many CSS pixels; what is narrow is a phone."""
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1 if width > 500 else 2,
            mobile=width <= 500,
        )

    async def forbid_scripts(self) -> None:
        """Run no script of any page from now on."""
        await self.command("Emulation.setScriptExecutionDisabled", value=True)

    async def go(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        self._loaded.clear()
        result = await self.command("Page.navigate", url=url)
        assert "errorText" not in result, result
        await self._load()

    async def click(self, selector: str) -> None:
        """Click on the middle of the first such element, which opens another page."""
        spot = await self.look(
            f"(found => {{ found.scrollIntoView({{block: 'center', inline: 'center'}});"
            " const box = found.getClientRects()[0];"
            " return [box.x + box.width / 2, box.y + box.height / 2] })"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        self._loaded.clear()
        for kind in ("mousePressed", "mouseReleased"):
            await self.command(
                "Input.dispatchMouseEvent",
                type=kind,
                x=spot[0],
                y=spot[1],
                button="left",
                clickCount=1,
            )
        await self._load()

    async def look(self, expression: str) -> Any:
        """Return what a JavaScript expression is on this page, as JSON."""
        said = await self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    async def texts(self, selector: str) -> list[str]:
        """Return the texts of these elements, as they are shown."""
        wanted = json.dumps(selector)
        found = await self.look(f"[...document.querySelectorAll({wanted})].map(e => e.innerText)")
        return [str(text).strip() for text in found]

    async def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write a picture of what is seen, or of the whole page, as PNG."""
        made = await self.command("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(made["data"]))

    async def printed(self) -> bytes:
        """Return the page as it is printed, a PDF, on the paper that its style sheet names."""
        made = await self.command("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(made["data"])

    async def _load(self) -> None:
        async with asyncio.timeout(SECONDS):
            await self._loaded.wait()

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event in {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}:
            self.complaints.append(json.dumps(params))


@asynccontextmanager
async def new_tab(devtools: str) -> AsyncIterator[Tab]:
    """Open a tab of the browser whose DevTools are at this address, and close it."""
    async with aiohttp.ClientSession(devtools) as session:
        async with session.put(f"/json/new?{BLANK}") as answer:
            opened = await answer.json()
        async with session.ws_connect(opened["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket)
            listening = asyncio.create_task(tab.listen())
            try:
                for domain in ("Page", "Network", "Log", "Runtime"):
                    await tab.command(f"{domain}.enable")
                yield tab
            finally:
                await socket.close()
                await listening
        async with session.get(f"/json/close/{opened['id']}"):
            pass

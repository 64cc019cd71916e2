"""Takes the webhooks, as the institutions would."""

from typing import Self

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from deploy.dev.chaos.oracle import reading
from deploy.dev.chaos.oracle.facts import Saying
from deploy.dev.chaos.oracle.leaks import marks_in


class Receiver:
    """The institutions' side of the webhooks: one address each, `secrets` by institution."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._runner: web.AppRunner | None = None
        self.secrets: dict[str, str] = {}
        self.sayings: list[Saying] = []
        self.leaks: list[str] = []
        self.refused = 0

    def url(self, agency: str) -> str:
        """Return the address at which an institution is told."""
        return f"http://127.0.0.1:{self._port}/{agency}"

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/{agency}", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        agency, body = request.match_info["agency"], await request.read()
        where = f"call {len(self.sayings) + 1}"
        try:
            Webhook(self.secrets[agency]).verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError, KeyError):
            self.refused += 1
            return web.Response(status=401)
        try:
            said = reading.call(agency, request.headers["webhook-id"], body, where)
        except (ValueError, KeyError, TypeError):
            self.refused += 1
            return web.Response(status=400)
        self.sayings.append(said)
        self.leaks += [f"{where}: {mark}" for mark in marks_in(body)]
        return web.Response(status=204)

"""The institutions' side of the webhooks: one address per institution, all in this process."""

from collections.abc import Iterable, Mapping
from typing import Self

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from deploy.dev.demo import reading
from deploy.dev.demo.observation import Call
from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import IntakeClient
from deploy.processes import free_port
from shared.errors import Misconfigured


class Receiver:
    """Takes every webhook whose signature is right, and notes what came.

    `secrets` maps an institution's code to its `whsec_…`; without one the call is answered 401.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refused = 0
        self.secrets: dict[str, str] = {}
        self._base = f"http://127.0.0.1:{free_port()}"
        self._runner: web.AppRunner | None = None

    def url(self, agency: str) -> str:
        """Return the address at which an institution is told."""
        return f"{self._base}/{agency}"

    async def listen(self, intake: IntakeClient, agencies: Iterable[str]) -> None:
        """Have these institutions told here, as an operator sets it.

        Raises:
            Misconfigured: an endpoint was set before, and its secret is not told again.
        """

        async def put(agency: str) -> None:
            answer = await intake.set_endpoint(agency, self.url(agency))
            if "secret" not in answer:
                raise Misconfigured(f"the endpoint of {agency} was set before")
            self.secrets[agency] = str(answer["secret"])

        await in_parallel(agencies, put)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/{agency}", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        port = int(self._base.rpartition(":")[2])
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        agency, body = request.match_info["agency"], await request.read()
        if not self._is_signed(agency, body, request.headers):
            self.refused += 1
            return web.Response(status=401)
        try:
            call = reading.call(agency, request.headers["webhook-id"], body)
        except (ValueError, KeyError, TypeError):
            self.refused += 1
            return web.Response(status=400)
        self.calls.append(call)
        return web.Response(status=204)

    def _is_signed(self, agency: str, body: bytes, headers: Mapping[str, str]) -> bool:
        secret = self.secrets.get(agency)
        if secret is None:
            return False
        try:
            Webhook(secret).verify(body, dict(headers.items()), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

"""Who feeds the measured services over HTTP: complaints as a gateway, endpoints as an operator."""

import asyncio
import time
from collections.abc import Callable, Sequence

from deploy.dev.demo.load import Keyed
from deploy.dev.demo.receiver import Receiver
from deploy.dev.local.stack import Stack
from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.keys.keys_and_audit import new_key
from deploy.processes import PartFailed

AT_ONCE = 32


class Feeder:
    """Talks to the stack's intake under keys of its own."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._keys: dict[str, str] = {}

    async def prepare(self) -> None:
        """Make the keys; the database must run."""
        for role in ("gateway", "operator"):
            self._keys[role] = await new_key(self._stack.mongo, role, "bench")

    async def set_endpoints(self, receiver: Receiver) -> None:
        """Have every institution told at the receiver."""
        async with self._client("operator") as client:
            await receiver.listen(client, self._stack.options.agencies)

    async def submit(self, forms: Sequence[Keyed]) -> None:
        """Submit complaints, 32 at a time; PartFailed if one is not accepted."""
        async with self._client("gateway") as client:

            async def post(one: Keyed) -> None:
                await _accepted(client, one)

            await in_parallel(forms, post, at_once=AT_ONCE)

    async def submit_at(
        self, forms: Sequence[Keyed], rate: float, accepted: Callable[..., None]
    ) -> None:
        """Submit complaints at a rate, whatever becomes of those before; PartFailed as `submit`.

        `accepted` is told each number, with `due`: when it was to be sent by `perf_counter`.
        """
        async with self._client("gateway") as client:

            async def post(one: Keyed, due: float) -> None:
                await asyncio.sleep(due - time.perf_counter())
                accepted(await _accepted(client, one), due=due)

            began = time.perf_counter()
            await asyncio.gather(
                *(post(one, began + place / rate) for place, one in enumerate(forms))
            )

    def _client(self, role: str) -> IntakeClient:
        return IntakeClient(self._stack.url("intake"), self._keys[role])


async def _accepted(client: IntakeClient, one: Keyed) -> str:
    key, form = one
    answer = await client.submit(form, key)
    if not answer.accepted or answer.number is None:
        raise PartFailed("intake", f"answered {answer.status} to a complaint: {answer.detail}")
    return answer.number

"""The institutions' side of the webhooks: one address per institution, all in this process."""

from collections.abc import Iterable

from deploy.dev.chaos.oracle.receiver import Receiver as AnyReceiver
from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import IntakeClient
from deploy.processes import free_port
from shared.errors import Misconfigured


class Receiver(AnyReceiver):
    """Takes every webhook whose signature is right, on a port of its own."""

    def __init__(self) -> None:
        super().__init__(free_port())

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

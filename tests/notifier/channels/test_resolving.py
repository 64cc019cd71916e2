"""Names of webhooks: one that hangs holds up nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp.resolver import AsyncResolver

from services.notifier.channels.webhook import WebhookSender
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from tests.notifier.events import ROW, endpoint
from tests.notifier.nameserver import NameServer
from tests.notifier.receiver import Receiver
from tests.support.builders import START

HANGING = 40  # more than any pool of threads on a small machine


async def test_names_that_hang_hold_up_no_other_endpoint(
    receiver: Receiver, eventually: Callable[..., Awaitable[None]]
) -> None:
    port = receiver.url.rpartition(":")[2]
    async with NameServer("well.test") as names:
        resolver = AsyncResolver(nameservers=["127.0.0.1"], udp_port=names.port)
        sender = WebhookSender(request_seconds=2, allow_private=True, resolver=resolver)
        await sender.start()
        urls = [f"http://hangs{number}.test/" for number in range(HANGING)]
        hanging = [asyncio.create_task(sender.send(endpoint(url=u), ROW, START)) for u in urls]
        await eventually(lambda: len(names.unanswered) >= HANGING, "every name asked for")

        reply = await sender.send(endpoint(url=f"http://well.test:{port}/"), ROW, START)

        assert (reply.status, len(receiver.hits)) == (200, 1)
        assert not any(task.done() for task in hanging)
        replies = await asyncio.gather(*hanging)
        assert {one.failure for one in replies} == {DeliveryOutcome.TIMED_OUT}
        await sender.stop()


async def test_the_machines_own_file_of_hosts_is_read(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    sender = WebhookSender(request_seconds=2, allow_private=True)
    await sender.start()

    names = names_of_this_machine()
    assert names, "/etc/hosts has no name for 127.0.0.1"
    for host in names:
        reply = await sender.send(endpoint(url=f"http://{host}:{port}/"), ROW, START)
        assert reply.status == 200, host

    await sender.stop()


def names_of_this_machine() -> list[str]:
    """Return what `/etc/hosts` has at 127.0.0.1."""
    lines = (line.partition("#")[0].split() for line in Path("/etc/hosts").read_text().splitlines())
    return [name for line in lines if line[:1] == ["127.0.0.1"] for name in line[1:]]

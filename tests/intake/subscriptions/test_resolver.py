"""Hosts are looked up within a bound, by threads that hold nothing else up."""

import asyncio
import socket
import threading
from collections.abc import Sequence

from services.intake.subscriptions.resolver import SystemResolver
from shared.contracts.subscriptions import MOST_ENDPOINTS


async def test_this_machine_has_its_own_addresses() -> None:
    resolver = SystemResolver(seconds=10)

    found = await resolver.addresses("localhost")

    assert {"127.0.0.1", "::1"} & set(found)
    await resolver.stop()


async def test_a_host_that_is_not_known_has_no_address() -> None:
    def unknown(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolver = SystemResolver(seconds=10, ask=unknown)

    assert list(await resolver.addresses("tiada.go.id")) == []
    await resolver.stop()


async def test_a_name_that_cannot_be_asked_for_has_no_address() -> None:
    resolver = SystemResolver(seconds=10)

    for host in ("x" * 64 + ".id", "a..b"):
        assert list(await resolver.addresses(host)) == []
    await resolver.stop()


async def test_a_name_server_that_hangs_is_not_waited_for() -> None:
    answered = threading.Event()

    def hang(host: str) -> Sequence[str]:
        answered.wait(10)
        return ["8.8.8.8"]

    resolver = SystemResolver(seconds=0.05, ask=hang)

    assert list(await resolver.addresses("lambat.go.id")) == []
    answered.set()
    await resolver.stop()


async def test_a_whole_subscription_of_hosts_that_hang_holds_up_no_other() -> None:
    answered = threading.Event()

    def ask(host: str) -> Sequence[str]:
        if host == "lambat.go.id":
            answered.wait(30)
        return ["8.8.8.8"]

    resolver = SystemResolver(seconds=10, ask=ask)
    hanging = [
        asyncio.create_task(resolver.addresses("lambat.go.id")) for _ in range(MOST_ENDPOINTS)
    ]
    await asyncio.sleep(0)

    assert list(await resolver.addresses("cepat.go.id")) == ["8.8.8.8"]
    assert not any(task.done() for task in hanging)
    answered.set()
    await asyncio.gather(*hanging)
    await resolver.stop()

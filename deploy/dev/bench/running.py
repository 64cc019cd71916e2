"""What is measured, started and stopped around its stage: a service, or the bare loop."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.dev.bench.baseline import READY
from deploy.dev.bench.measure import calm
from deploy.dev.local.stack import Stack
from deploy.processes import Child, wait_until

START_SECONDS = 30.0


@asynccontextmanager
async def service(stack: Stack, name: str) -> AsyncIterator[Child]:
    """Start a service of the stack, yield it when it is ready and calm, stop it."""
    known = stack.of(name)
    instance = known[0] if known else stack.add(name, start=False)
    await asyncio.to_thread(instance.start)
    try:
        await calm(instance.child)
        yield instance.child
    finally:
        await asyncio.to_thread(instance.stop)


@asynccontextmanager
async def bare_loop(stack: Stack) -> AsyncIterator[Child]:
    """Start the bare loop, yield it when it is ready and calm, stop it."""
    argv = [sys.executable, "-m", "deploy.dev.bench.baseline"]
    log = stack.options.folder / "baseline.log"
    child = Child("baseline", argv, log_path=log, env=stack.env)
    child.start()
    try:
        await asyncio.to_thread(
            wait_until,
            lambda: READY in child.log_tail().splitlines(),
            "the bare loop",
            timeout=START_SECONDS,
            child=child,
        )
        await calm(child)
        yield child
    finally:
        await asyncio.to_thread(child.stop)

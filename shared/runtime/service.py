"""What makes a process of components: start and stop in order, health, metrics, one HTTP port.

Unready takes a process out of service and holds a release up. So it is unready only where one of
the two helps somebody: while it starts (a consumer until its first assignment, metrics until it has
counted), once it stops, and where it has doors and what these need, the database and Kafka, does
not answer *it*: another process may be asked. A partition that has stopped, a batch that is put
back and a database that is away from everybody are no such thing: a consumer is asked by nobody,
and whoever wrote bad records to one topic must not close the doors of all. Those are troubles: told
by `/readyz`, which says 200, by metrics and alerts, and by `salur doctor`.
"""

import asyncio
import contextlib
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from shared.errors import Transient
from shared.http.bounded_protocol import BoundedProtocol
from shared.http.graceful_server import GracefulServer
from shared.runtime.component import Component
from shared.runtime.garbage_collection import collect_seldom, exempt_living
from shared.settings import ServiceSettings
from shared.telemetry.logs import configure_logging, log_mistake
from shared.telemetry.registry import Telemetry

log = logging.getLogger(__name__)
START_RETRY_SECONDS = 1.0
CANNOT_START = 3  # exit code, as uvicorn's own: the port is taken


@dataclass
class Service:
    """One process: components start in the order given and stop in reverse.

    `when_started` is called once all of them run.
    """

    name: str
    telemetry: Telemetry
    components: Sequence[Component]
    routers: Sequence[APIRouter] = ()
    when_started: Callable[[], None] = lambda: None
    _started: list[Component] = field(default_factory=list)
    _is_stopping: bool = False
    _failure: str | None = None
    _waits_for: str = "it was not tried yet"

    async def start(self) -> None:
        """Start all components, repeating each until Kafka and the database answer.

        Any other error is raised, and the process is dead from then on.
        """
        for component in self.components:
            try:
                await self._start(component)
            except Exception as error:
                self._failure = f"{type(component).__name__} failed to start: {_kind(error)}"
                raise
            self._started.append(component)
        self.when_started()
        log.info("%s is started", self.name)

    async def _start(self, component: Component) -> None:
        while True:
            try:
                return await component.start()
            except Transient as error:
                self._waits_for = str(error)
                log.warning("%s waits to start: %s", self.name, error)
                await asyncio.sleep(START_RETRY_SECONDS)

    def announce_stop(self) -> None:
        """Be unready from now on: proxies and Kubernetes send no more requests."""
        self._is_stopping = True

    async def stop(self) -> None:
        """Stop in reverse order; one that fails does not keep the next from stopping."""
        for component in reversed(self.components):
            try:
                await component.stop()
            except Exception as error:
                log_mistake(log, f"{self.name}: the stop of {type(component).__name__}", error)

    def readiness(self) -> str | None:
        """Return None when every component is ready, else the first reason why not."""
        if self._is_stopping:
            return f"{self.name} is stopping"
        if self._failure is not None:
            return self._failure
        if len(self._started) < len(self.components):
            waiting = self.components[len(self._started)]
            return f"{type(waiting).__name__} is not started: {self._waits_for}"
        return next((why for part in self.components if (why := part.readiness())), None)

    def troubles(self) -> list[str]:
        """Return what keeps components from their work though the process is ready."""
        return [why for part in self.components if (why := part.trouble())]

    def alive(self) -> bool:
        """Tell whether every started component runs, and none can never be started."""
        return self._failure is None and all(component.alive() for component in self._started)


def _kind(error: Exception) -> str:
    """Return an error's type and place, without its message: that may quote a citizen."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def create_http(service: Service) -> FastAPI:
    """Return the service's HTTP side: its own doors, `/livez`, `/readyz` and `/metrics`."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # In the background: the probes must answer while Kafka is away.
        starting = asyncio.create_task(service.start())
        starting.add_done_callback(_report_failure)
        yield
        starting.cancel()
        await service.stop()

    http = FastAPI(
        title=f"Salur {service.name}",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # behind a proxy it would send callers to http://
    )
    http.state.service = service
    service.telemetry.declare(service.name)
    service.telemetry.gauge("salur_service_info").labels(service.name, version("salur")).set(1)
    for router in service.routers:
        http.include_router(router)
    http.include_router(_operations(service))
    return http


def _operations(service: Service) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def livez() -> Response:
        alive = service.alive()
        return PlainTextResponse("alive\n" if alive else "dead\n", 200 if alive else 503)

    @routes.get("/readyz")
    async def readyz() -> Response:
        reason = service.readiness()
        lines = [reason or "ready", *service.troubles()]
        return PlainTextResponse("".join(f"{line}\n" for line in lines), 503 if reason else 200)

    @routes.get("/metrics")
    async def metrics() -> Response:
        # In a thread: a country's tables take milliseconds, in which a stage goes on.
        text = await asyncio.to_thread(service.telemetry.text)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return routes


def _report_failure(starting: asyncio.Task[None]) -> None:
    error = None if starting.cancelled() else starting.exception()
    if isinstance(error, ValueError | LookupError | TypeError):
        log_mistake(log, "start", error)  # what could not be read may be a case
    elif error is not None:
        log.error("start failed for good: %s: %s", type(error).__name__, error)


def run(service_name: str, http: FastAPI, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT, then stop all components in order."""
    configure_logging(service_name, settings.log_level, instance=settings.instance)
    collect_seldom()
    config = uvicorn.Config(
        http,
        host=settings.host,
        port=settings.port,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # else any local peer names its address; intake judges them itself
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    service: Service = http.state.service
    service.when_started = exempt_living
    server = GracefulServer(
        config, announce=service.announce_stop, delay=settings.stop_delay_seconds
    )
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C: raised again once all is stopped
        server.run()
    if not server.started:
        sys.exit(CANNOT_START)

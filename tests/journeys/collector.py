"""A collector of traces on loopback: OTLP over HTTP, kept in memory."""

from dataclasses import dataclass
from typing import Self

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from deploy.processes import free_port


@dataclass(frozen=True, slots=True)
class Seen:
    """One span that came; ids are hexadecimal, `parent` is empty for a root."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    links: tuple[str, ...]  # the traces outside that it goes back to
    attributes: dict[str, str]
    events: tuple[str, ...]
    is_error: bool


class Collector:
    """Takes what services export; answers as a real one does."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.raw = b""
        self.url = f"http://127.0.0.1:{free_port()}"
        self._runner: web.AppRunner | None = None

    def of(self, trace: str) -> list[Seen]:
        """Return the spans of a trace."""
        return [span for span in self.spans if span.trace == trace]

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/v1/traces", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", int(self.url.rpartition(":")[2])).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.raw += body
        exported = ExportTraceServiceRequest.FromString(body)
        for resource in exported.resource_spans:
            own = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [
                    Seen(
                        service=own["service.name"],
                        name=span.name,
                        trace=span.trace_id.hex(),
                        span=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        links=tuple(link.trace_id.hex() for link in span.links),
                        attributes={
                            one.key: one.value.string_value or str(one.value.int_value)
                            for one in span.attributes
                        },
                        events=tuple(event.name for event in span.events),
                        is_error=span.status.code == 2,
                    )
                    for span in scope.spans
                ]
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

"""`/league`: the table of institutions, and of the units of one, for people and for programs."""

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple, Self

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from services.metrics.domain.period import year_of
from services.metrics.league.csv_view import as_csv
from services.metrics.league.json_view import as_json
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.page.document import CONTENT_SECURITY_POLICY, LeaguePage
from services.metrics.league.ranking import league, within
from services.metrics.league.request import LeagueRequest, preferred_lang, read_request, weight
from services.metrics.league.table_cache import CountedTable, TableCache
from shared.contracts.identifiers import is_agency_code
from shared.errors import Transient
from shared.http.problems import FieldError, Problem, invalid_query, not_found, of_framework
from shared.runtime.clock import Clock

Format = Literal["html", "json", "csv"]
_MEDIA: Mapping[Format, str] = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept, Accept-Language, Accept-Encoding",
}
RETRY_SECONDS = 5


class LeaguePorts(NamedTuple):
    """What the doors ask: tables, names, the time, and for how long a browser keeps an answer."""

    tables: TableCache
    naming: InstitutionNaming
    clock: Clock
    max_age: int


class Content(NamedTuple):
    """An answer's body, ready to be sent."""

    body: bytes
    packed: bytes  # the same, by gzip
    etag: str  # the same as long as nothing else changes; weak, since the time does

    @classmethod
    def of(cls, body: bytes, as_of: str = "") -> Self:
        """Return the content of a body, in which `as_of` is when it was made."""
        lasting = body.replace(as_of.encode(), b"") if as_of else body
        etag = f'W/"{hashlib.sha256(lasting).hexdigest()[:32]}"'
        return cls(body, gzip.compress(body, 5), etag)


def build(ports: LeaguePorts) -> APIRouter:
    """Return the doors of the league."""
    doors = APIRouter(tags=["league"])

    @doors.get("/league")
    async def table(request: Request) -> Response:
        """Rank the institutions; JSON, CSV or a page, as `Accept` says."""
        return await _answer(ports, request, wanted_format(request.headers.get("accept", "")))

    @doors.get("/league.json")
    async def table_as_json(request: Request) -> Response:
        """Rank the institutions, as JSON."""
        return await _answer(ports, request, "json")

    @doors.get("/league.csv")
    async def table_as_csv(request: Request) -> Response:
        """Rank the institutions, as CSV."""
        return await _answer(ports, request, "csv")

    @doors.get("/league/{code}.json")
    async def units_as_json(code: str, request: Request) -> Response:
        """Rank the units of an institution, as JSON."""
        return await _answer(ports, request, "json", code=code)

    @doors.get("/league/{code}.csv")
    async def units_as_csv(code: str, request: Request) -> Response:
        """Rank the units of an institution, as CSV."""
        return await _answer(ports, request, "csv", code=code)

    @doors.get("/league/{code}")
    async def units(code: str, request: Request) -> Response:
        """Rank the units of an institution; JSON, CSV or a page, as `Accept` says."""
        wanted = wanted_format(request.headers.get("accept", ""))
        return await _answer(ports, request, wanted, code=code)

    return doors


def install(http: FastAPI) -> None:
    """Answer every refusal, also the framework's own, as a problem."""

    async def problem(_: Request, error: Exception) -> Response:
        found = error if isinstance(error, Problem) else of_framework(error)
        return found.response()

    for kind in (Problem, HTTPException, RequestValidationError):
        http.add_exception_handler(kind, problem)


def wanted_format(accept: str) -> Format:
    """Return the format that an `Accept` header prefers; a browser names `text/html`.

    JSON for whoever takes anything, and for whoever takes nothing that there is.
    """
    weights: dict[str, float] = {}
    for part in accept[:1000].lower().split(","):
        media, _, parameters = part.strip().partition(";")
        weights[media.strip()] = weight(parameters)
    formats: tuple[tuple[Format, str], ...] = (
        ("json", "application/json"),
        ("html", "text/html"),
        ("csv", "text/csv"),
    )
    return max(formats, key=lambda one: weights.get(one[1], 0.0))[0]


async def _answer(
    ports: LeaguePorts, request: Request, form: Format, *, code: str | None = None
) -> Response:
    asked, errors = _asked(ports, request, code)
    page = LeaguePage(asked, ports.naming.of(asked.period.last))
    if errors:
        if form == "html":
            return _refused(page.refusal(errors), 422)
        raise invalid_query(errors)
    try:
        counted = await ports.tables.count(asked.cohort)
    except Transient:
        if form == "html":
            return _refused(page.away(), 503)
        raise _unavailable() from None
    # In a thread: the page of a whole country takes longer to write than a probe waits.
    content = await asyncio.to_thread(_content, page, form, counted)
    return _fresh(request, content, form, max_age=ports.max_age)


def _asked(
    ports: LeaguePorts, request: Request, code: str | None
) -> tuple[LeagueRequest, list[FieldError]]:
    known = ports.naming.names.knows_institution
    if code is not None and not (is_agency_code(code) and known(code)):
        raise not_found()
    otherwise = LeagueRequest(
        period=year_of(ports.clock.now()),
        lang=preferred_lang(request.headers.get("accept-language", "")),
        institution=code,
    )
    asked, errors = read_request(request.query_params, otherwise=otherwise)
    return (asked._replace(tier=None) if code else asked), errors


def _content(page: LeaguePage, form: Format, counted: CountedTable) -> Content:
    asked = page.request
    found = league(within(counted.tallies, asked.tier), asked.by)
    if form == "csv":
        name = str if asked.institution else page.names.institution
        return Content.of(as_csv(found, asked, name=name))
    if form == "json":
        as_of = counted.as_of.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Content.of(as_json(found, asked, as_of=as_of, name=page.names.institution), as_of)
    as_of = page.speech.instant(counted.as_of)
    return Content.of(page.league(found, as_of), as_of)


def _fresh(request: Request, content: Content, form: Format, *, max_age: int) -> Response:
    headers = {**_ALWAYS, "ETag": content.etag, "Cache-Control": f"public, max-age={max_age}"}
    if content.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if form == "csv":
        headers["Content-Disposition"] = 'attachment; filename="league.csv"'
    body = content.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = content.packed, "gzip"
    return Response(body, headers=headers, media_type=_MEDIA[form])


def _refused(body: bytes, status: int) -> Response:
    headers = {**_ALWAYS, "Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Response(body, status, headers, media_type=_MEDIA["html"])


def _unavailable() -> Problem:
    return Problem(
        503,
        "unavailable",
        "the database did not answer in time: ask again shortly, or for a shorter period",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )

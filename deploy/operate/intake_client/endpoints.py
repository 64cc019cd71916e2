"""Changes one endpoint of an institution's subscription over HTTP, and leaves the others alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

from shared.errors import Misconfigured

Endpoint = Mapping[str, Any]
_ATTEMPTS = 10
_CHANGED = 409  # by somebody else, since it was read


class SubscriptionReply(Protocol):
    """An answer of intake."""

    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def body(self) -> Mapping[str, Any]: ...  # noqa: D102


class SubscriptionClient(Protocol):
    """Whoever asks intake."""

    async def ask(
        self, method: str, path: str, form: dict[str, Any] | None = None, *, key: str | None = None
    ) -> SubscriptionReply:
        """Send a request, repeat it while there is no answer, and return that."""
        ...


async def read_endpoints(client: SubscriptionClient, agency: str) -> Mapping[str, Any]:
    """Return an institution's subscription as intake shows it.

    Raises:
        Misconfigured: intake refused it; the message says why.
    """
    return _checked(agency, "read", await client.ask("GET", _path(agency)))


async def put_endpoint(
    client: SubscriptionClient, agency: str, endpoint: Endpoint
) -> Mapping[str, Any]:
    """Set the endpoint of this name; return it as intake shows it, its secret too if it is new.

    Raises:
        Misconfigured: intake refused it; the message says why.
    """

    def change(present: Sequence[Endpoint]) -> list[Endpoint]:
        others = [each for each in present if each["name"] != endpoint["name"]]
        return [*others, endpoint]

    told = await _change(client, agency, change)
    return next(each for each in told["endpoints"] if each["name"] == endpoint["name"])


async def remove_endpoint(client: SubscriptionClient, agency: str, name: str) -> Mapping[str, Any]:
    """Drop the endpoint of this name; return what is left.

    Raises:
        Misconfigured: there is none of this name, or intake refused it.
    """

    def change(present: Sequence[Endpoint]) -> list[Endpoint]:
        left = [each for each in present if each["name"] != name]
        if len(left) == len(present):
            raise Misconfigured(f"{agency} has no endpoint {name!r}; `salur endpoint list` shows")
        return left

    return await _change(client, agency, change)


async def act_on_endpoint(
    client: SubscriptionClient, agency: str, path: str, *, method: str = "POST"
) -> Mapping[str, Any]:
    """Ask for one thing about an endpoint, such as `main/secret` or `main/test`.

    Raises:
        Misconfigured: intake refused it; the message says why.
    """
    reply = await client.ask(method, f"{_path(agency)}/{path}", key=str(uuid4()))
    return _checked(agency, "changed", reply)


async def _change(
    client: SubscriptionClient,
    agency: str,
    change: Callable[[Sequence[Endpoint]], Sequence[Endpoint]],
) -> Mapping[str, Any]:
    key = str(uuid4())  # of all tries: what an answer that was lost had made is shown again
    for _ in range(_ATTEMPTS):
        present = await read_endpoints(client, agency)
        form = {"version": present["version"], "endpoints": change(present["endpoints"])}
        reply = await client.ask("PUT", _path(agency), form, key=key)
        if reply.status != _CHANGED:
            return _checked(agency, "set", reply)
    raise Misconfigured(f"others keep changing the subscription of {agency}; try again")


def _checked(agency: str, done: str, reply: SubscriptionReply) -> Mapping[str, Any]:
    body = reply.body
    if 200 <= reply.status < 300:
        return body
    errors = [f"{each.get('pointer')}: {each.get('detail')}" for each in body.get("errors") or ()]
    detail = "; ".join(errors) or body.get("detail", "")
    raise Misconfigured(f"subscription of {agency} not {done}: {reply.status} {detail}")


def _path(agency: str) -> str:
    return f"/v1/agencies/{agency}/subscription"

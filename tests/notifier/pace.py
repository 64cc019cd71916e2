"""A database that answers when told: every call waits before and after it has its effect."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from shared.errors import DatabaseAway

Answer = TypeVar("Answer", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class Held:
    """A call that stands still: at its beginning, or done and not answered yet."""

    call: str
    go: asyncio.Future[None]

    def resume(self) -> None:
        """Let it go on."""
        if not self.go.done():
            self.go.set_result(None)

    def fail(self) -> None:
        """Break it off: its effect is there or not, its caller does not know."""
        if not self.go.done():
            self.go.set_exception(DatabaseAway("the store in memory is away"))


@dataclass
class Pace:
    """How fast a store answers: at once, but for the points in `stops`, which the test resumes.

    A point is a call's name and how often it was passed: odd before the effect, even after it.
    """

    stops: Set[tuple[str, int]] = frozenset()
    passed: Counter[str] = field(default_factory=Counter)
    held: list[Held] = field(default_factory=list)

    @property
    def waiting(self) -> list[Held]:
        """Return the calls that stand still, oldest first."""
        self.held = [one for one in self.held if not one.go.done()]
        return self.held

    async def point(self, call: str, *, is_done: bool = False) -> None:
        """Go on at once, or stand still here until told; a call gives way before its effect."""
        self.passed[call] += 1
        if (call, self.passed[call]) not in self.stops:
            if not is_done:
                await asyncio.sleep(0)
            return
        held = Held(call, asyncio.get_running_loop().create_future())
        self.held.append(held)
        await held.go

    def hurry(self) -> None:
        """Let all calls go on, and hold none any more."""
        self.stops = frozenset()
        for held in self.waiting:
            held.resume()


def answers(method: Answer) -> Answer:
    """Have a method of a store wait at its pace, before and after it has its effect."""

    @wraps(method)
    async def paced(self: Any, *args: Any, **named: Any) -> Any:
        await self.pace.point(method.__name__)
        self.refuse_if_away()
        answer = await method(self, *args, **named)
        await self.pace.point(method.__name__, is_done=True)
        return answer

    return paced  # type: ignore[return-value]

"""Who is asked and does not answer: unready after a while, and ready again with an answer."""

from shared.errors import DatabaseAway
from shared.runtime.reachability import ReachabilityCheck


class Database:
    """Answers, or does not, at a time that stands still until it is moved."""

    def __init__(self) -> None:
        self.is_away = False
        self.now = 0.0

    async def ping(self) -> None:
        if self.is_away:
            raise DatabaseAway("told to be away")

    def ticks(self) -> float:
        return self.now


async def test_a_database_that_is_away_for_a_moment_closes_no_door() -> None:
    database = Database()
    reachable = ReachabilityCheck("MongoDB", database.ping, patience=30, ticks=database.ticks)
    database.is_away, database.now = True, 29.0

    await reachable.ask()

    assert reachable.readiness() is None
    assert reachable.trouble() == "MongoDB does not answer"


async def test_a_database_that_stays_away_does_until_it_answers() -> None:
    database = Database()
    reachable = ReachabilityCheck("MongoDB", database.ping, patience=30, ticks=database.ticks)
    database.is_away, database.now = True, 31.0
    await reachable.ask()
    silent = reachable.readiness()
    database.is_away = False

    await reachable.ask()

    assert silent == "MongoDB has not answered for 31 s"
    assert (reachable.readiness(), reachable.trouble()) == (None, None)

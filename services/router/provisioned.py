"""Which institutions have a topic right now, as far as the router knows."""

from collections.abc import Awaitable, Callable

from shared.contracts.topics import agency_of, is_agency_written


class ProvisionedAgencies:
    """The codes whose topic exists; renewed by the list, shortened when one vanishes."""

    def __init__(self, list_topics: Callable[[], Awaitable[frozenset[str]]]) -> None:
        self._list_topics = list_topics
        self.codes: frozenset[str] = frozenset()

    async def refresh(self) -> None:
        """Ask Kafka for its topics; BrokerAway leaves the old list in place."""
        topics = await self._list_topics()
        codes = (agency_of(topic) for topic in topics if not is_agency_written(topic))
        self.codes = frozenset(code for code in codes if code)

    def drop(self, code: str) -> None:
        """Forget an institution whose topic refused a record, until the list says otherwise."""
        self.codes -= {code}

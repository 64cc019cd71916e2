"""What the store of subscriptions promises, in the database and in memory alike.

And that the notifier reads what it keeps.
"""

import pytest
from pydantic import SecretStr

from services.intake.subscriptions.delivery_log import DeliveryQuery
from services.intake.subscriptions.store import (
    MongoSubscriptions,
    SubscriptionStore,
    UnreadableStoredSubscription,
)
from services.notifier.database import MongoNotifierStore
from shared.contracts.events import AgencyOutcome
from shared.contracts.subscriptions import (
    Endpoint,
    EndpointKind,
    EventFilter,
    Subscription,
    Urgency,
)
from shared.database.collections import ENDPOINTS
from shared.database.mongo import Mongo
from tests.intake.fakes.subscription_store import MemorySubscriptions
from tests.intake.subscriptions.conftest import AGENCY, NAMES, spoil
from tests.support.stores import not_away

MAIN = Endpoint(
    endpoint_id="id-main",
    agency=AGENCY,
    url="https://lapor.go.id/salur",
    secrets=(SecretStr("whsec_new"), SecretStr("whsec_old")),
    filter=EventFilter(events=(AgencyOutcome.ROUTED,), units=("PU",), urgency=Urgency.URGENT),
    template='{"text":"{number}"}',
)
MAIL = Endpoint(
    endpoint_id="id-mail",
    agency=AGENCY,
    name="surat",
    kind=EndpointKind.EMAIL,
    address="lapor@kab.go.id",
)


@pytest.mark.connected
async def test_the_notifier_reads_what_intake_wrote(
    stored: MongoSubscriptions, notifier: MongoNotifierStore
) -> None:
    kept = Subscription(agency=AGENCY, version=1, endpoints=(MAIN, MAIL))

    assert await stored.put_subscription(kept)

    assert await stored.subscription(AGENCY) == kept
    assert await notifier.endpoints([AGENCY, "prov-36"]) == {AGENCY: (MAIN, MAIL)}
    assert await notifier.endpoints([]) == {}


async def test_a_subscription_comes_back_as_it_was_kept(store: SubscriptionStore) -> None:
    kept = Subscription(agency=AGENCY, version=1, endpoints=(MAIN, MAIL))

    assert await store.put_subscription(kept)

    assert await store.subscription(AGENCY) == kept
    assert await store.subscription("prov-36") == Subscription(agency="prov-36")


async def test_of_two_who_change_a_subscription_one_wins(store: SubscriptionStore) -> None:
    first = Subscription(agency=AGENCY, version=1, endpoints=(MAIN,))
    second = Subscription(agency=AGENCY, version=1, endpoints=(MAIL,))

    assert await store.put_subscription(first)
    assert not await store.put_subscription(second)
    assert await store.put_subscription(second.model_copy(update={"version": 2}))
    assert not await store.put_subscription(first.model_copy(update={"version": 2}))
    assert (await store.subscription(AGENCY)).endpoints == (MAIL,)


async def test_a_subscription_that_was_lost_is_kept_again_under_its_version(
    store: SubscriptionStore,
) -> None:
    later = Subscription(agency=AGENCY, version=7, endpoints=(MAIL,))

    assert await store.put_subscription(later)
    assert await store.subscription(AGENCY) == later


async def broken(
    store: SubscriptionStore, mongo: Mongo | None, *, known: int | None, **fields: str
) -> None:
    """Leave a subscription with what this release does not know; its e-mail can be read."""
    await store.put_subscription(Subscription(agency=AGENCY, version=1, endpoints=(MAIL, MAIN)))
    if isinstance(store, MemorySubscriptions):
        found = UnreadableStoredSubscription(AGENCY, version=known, endpoints=(MAIL,))
        store.unreadable[AGENCY] = found
    elif mongo is not None:
        await spoil(mongo, ENDPOINTS, AGENCY, **fields)


async def test_of_a_subscription_that_cannot_be_read_the_rest_is_told(
    store: SubscriptionStore, backing: Mongo | None, caplog: pytest.LogCaptureFixture
) -> None:
    await broken(store, backing, known=1, **{"endpoints.1.filter.urgency": "later"})

    with pytest.raises(UnreadableStoredSubscription) as found:
        await store.subscription(AGENCY)

    assert (found.value.version, found.value.endpoints) == (1, (MAIL,))
    assert AGENCY in str(found.value)
    assert not any(word in caplog.text for word in ("whsec", "lapor", "later"))
    stale = Subscription(agency=AGENCY, version=3)
    assert not await store.put_subscription(stale)
    mended = Subscription(agency=AGENCY, version=2, endpoints=found.value.endpoints)
    assert await store.put_subscription(mended)
    assert await store.subscription(AGENCY) == mended


@pytest.mark.parametrize("fields", [{"version": "two"}, {"endpoints": "none", "version": "1"}])
async def test_a_version_that_is_no_number_guards_nothing(
    store: SubscriptionStore, backing: Mongo | None, fields: dict[str, str]
) -> None:
    await broken(store, backing, known=None, **fields)

    with pytest.raises(UnreadableStoredSubscription) as found:
        await store.subscription(AGENCY)

    assert found.value.version is None
    assert not await store.put_subscription(Subscription(agency=AGENCY, version=2))


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store: SubscriptionStore = MongoSubscriptions(away) if away else MemorySubscriptions()
    if isinstance(store, MemorySubscriptions):
        store.is_away = True

    answered = await not_away(
        store.subscription(AGENCY),
        store.put_subscription(Subscription(agency=AGENCY, version=1)),
        store.lanes(["id-main"]),
        store.deliveries(AGENCY, DeliveryQuery(), names=NAMES, after=None),
    )

    assert answered == []

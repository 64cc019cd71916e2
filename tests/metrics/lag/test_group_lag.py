"""Lag: from committed offsets, log ends and the time of the next record."""

import pytest

from services.metrics.lag.group_lag import PartitionOffsets, is_in_use, oldest_ages, watched_groups

NOW = 1_000_000


def offsets(committed: int | None, partition: int = 0, **changes: int | str) -> PartitionOffsets:
    values: dict[str, object] = {"topic": "complaint-input", "beginning": 0, "end": 10}
    return PartitionOffsets.model_validate(
        values | {"committed": committed, "partition": partition} | changes
    )


@pytest.mark.parametrize(
    ("committed", "beginning", "lag"),
    [(4, 0, 6), (10, 0, 0), (None, 0, 10), (None, 3, 7), (2, 3, 7), (12, 0, 0)],
)
def test_lag_is_what_is_left_before_the_end(
    committed: int | None, beginning: int, lag: int
) -> None:
    assert offsets(committed, beginning=beginning).lag == lag


def test_what_was_deleted_before_it_was_read_is_lost_and_nothing_else_is() -> None:
    assert offsets(3, beginning=5).lost == 2
    assert offsets(5, beginning=5).lost == 0
    assert offsets(7, beginning=5).lost == 0
    assert offsets(None, beginning=5).lost == 0  # it never began


def test_a_topics_age_is_that_of_its_oldest_record() -> None:
    found = [offsets(4, 0), offsets(5, 1), offsets(10, 2)]
    sent = {("complaint-input", 0): NOW - 5_000, ("complaint-input", 1): NOW - 90_000}

    assert oldest_ages(found, sent, NOW) == {"complaint-input": 90.0}


def test_the_topics_of_institutions_have_one_age_each_way() -> None:
    found = [
        offsets(4, topic=topic)
        for topic in ("agency-kab-3603", "agency-prov-36", "agency-kab-3603-action")
    ]
    sent = {one.place: NOW - age for one, age in zip(found, (5_000, 90_000, 7_000), strict=True)}

    assert oldest_ages(found, sent, NOW) == {
        "agency-<code>": 90.0,
        "agency-<code>-action": 7.0,
    }


def test_without_lag_the_age_is_zero() -> None:
    assert oldest_ages([offsets(10)], {}, NOW) == {"complaint-input": 0.0}


def test_an_unreadable_record_gives_no_age_rather_than_zero() -> None:
    assert oldest_ages([offsets(4)], {}, NOW) == {}


def test_groups_are_watched_on_the_topics_they_read() -> None:
    topics = [
        "complaint-input",
        "complaint-event",
        "agency-kab-3603",
        "agency-kab-3603-action",
        "router-dlq",
        "__consumer_offsets",
        "agency-kab-3603-private",
    ]

    assert watched_groups(topics) == {
        "router": {"complaint-input"},
        "metrics": {"complaint-event"},
        "notifier": {"agency-kab-3603"},
        "intake": {"agency-kab-3603-action"},
        "notifier-reporters": {"complaint-event"},
    }


def test_a_group_that_not_every_installation_has_is_watched_once_it_has_begun() -> None:
    assert not is_in_use("notifier-reporters", [offsets(None), offsets(None, 1)])
    assert is_in_use("notifier-reporters", [offsets(None), offsets(0, 1)])
    assert is_in_use("router", [offsets(None)])

"""What an answer means, for every status there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery.outcomes import (
    AnswerMeaning,
    ChannelReply,
    Delivered,
    DeliveryOutcome,
    Failing,
    Gone,
    Later,
    Rejected,
    asked_pause,
    judge,
)
from tests.support.builders import START

TROUBLE = (401, 403, 404, 405, 408, 425, 429)


@given(st.integers(min_value=200, max_value=299))
def test_every_2xx_is_delivered(status: int) -> None:
    assert judge(ChannelReply(status), START) == Delivered()


@given(st.integers(min_value=400, max_value=499).filter(lambda s: s not in (*TROUBLE, 410)))
def test_any_other_4xx_is_about_the_delivery(status: int) -> None:
    assert judge(ChannelReply(status), START) == Rejected()


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (DeliveryOutcome.DEFERRED, Later()),
        (DeliveryOutcome.CAPPED, Rejected(DeliveryOutcome.CAPPED)),
    ],
)
def test_what_is_put_off_or_capped_is_about_the_delivery(
    failure: DeliveryOutcome, verdict: AnswerMeaning
) -> None:
    assert judge(ChannelReply(failure=failure), START) == verdict


@given(
    st.integers(min_value=300, max_value=399)
    | st.integers(min_value=500, max_value=999)
    | st.sampled_from(TROUBLE)
)
def test_redirects_server_errors_and_throttling_are_the_endpoints_trouble(status: int) -> None:
    assert isinstance(judge(ChannelReply(status), START), Failing)


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_what_would_be_said_to_any_delivery_is_the_endpoints_trouble(status: int) -> None:
    assert judge(ChannelReply(status), START) == Failing(DeliveryOutcome.DENIED)


def test_410_disables() -> None:
    assert judge(ChannelReply(410), START) == Gone()


@pytest.mark.parametrize(
    "why", [DeliveryOutcome.TIMED_OUT, DeliveryOutcome.UNREACHABLE, DeliveryOutcome.UNUSABLE]
)
def test_no_answer_is_the_endpoints_trouble(why: DeliveryOutcome) -> None:
    assert judge(ChannelReply(failure=why), START) == Failing(why)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 02 Mar 2026 08:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 07:00:00 GMT", 0.0),  # in the past
        ("soon", 0.0),
        ("-5", 0.0),
        ("٣", 0.0),  # a digit, but none of HTTP's
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", 0.0),
        ("Mon, 01 Jan 2026 99999999999999999999:00:00 GMT", 0.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0.0),
        (None, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert judge(ChannelReply(429, retry_after=header), START) == Failing(
        DeliveryOutcome.THROTTLED, seconds
    )
    assert judge(ChannelReply(503, retry_after=header), START) == Failing(
        DeliveryOutcome.SERVER_ERROR, seconds
    )


@given(st.text(max_size=40))
def test_no_retry_after_header_does_harm(text: str) -> None:
    assert asked_pause(text, START) >= 0

"""What may be concluded about an order that a broker is silent about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders.doubt import (
    ASK_EVERY,
    SECOND,
    Capabilities,
    Conclusion,
    Doubt,
    Question,
    conclude,
)

UNIQUE = Capabilities(unique_order_ids=True, questions=(Question.BY_ID,), max_inflight=60 * SECOND)
LISTS = Capabilities(
    unique_order_ids=False,
    questions=(Question.OPEN_ORDERS, Question.COMPLETED_ORDERS, Question.EXECUTIONS),
    max_inflight=120 * SECOND,
)
AT_ONCE = Capabilities(unique_order_ids=True, questions=(Question.BY_ID,), max_inflight=0)
FIRM_NOT_UNIQUE = Capabilities(
    unique_order_ids=False, questions=(Question.BY_ID,), max_inflight=60 * SECOND
)
ONE_LIST = Capabilities(
    unique_order_ids=False, questions=(Question.OPEN_ORDERS,), max_inflight=SECOND
)
START = 1_000_000 * SECOND
HEALTHY = START - 3600 * SECOND


def a_doubt(*, refusal: str = "", cancel: bool = False) -> Doubt:
    return Doubt(START, START, refusal=refusal, cancel_wanted=cancel)


def after_rounds(doubt: Doubt, count: int, every: int = ASK_EVERY) -> Doubt:
    """`count` rounds without a sign, the first at once."""
    for number in range(count):
        doubt = doubt.answered_no(START + number * every, HEALTHY)
    return doubt


def test_a_broker_that_takes_an_id_once_is_sent_the_order_again_at_once() -> None:
    assert conclude(after_rounds(a_doubt(), 1), UNIQUE) is Conclusion.SEND_AGAIN


@pytest.mark.parametrize("unwanted", [{"refusal": "NO_MARGIN"}, {"cancel": True}])
def test_what_must_not_be_sent_again_ends_when_nothing_can_be_under_way(unwanted) -> None:
    assert conclude(after_rounds(a_doubt(**unwanted), 6), UNIQUE) is Conclusion.WAIT
    assert conclude(after_rounds(a_doubt(**unwanted), 7), UNIQUE) is Conclusion.NEVER_ARRIVED
    assert conclude(after_rounds(a_doubt(**unwanted), 1), AT_ONCE) is Conclusion.NEVER_ARRIVED


@pytest.mark.parametrize("broker", [LISTS, FIRM_NOT_UNIQUE, ONE_LIST])
def test_a_broker_that_may_take_an_id_twice_is_never_sent_the_order_again(broker) -> None:
    concluded = {conclude(after_rounds(a_doubt(), count), broker) for count in range(1, 100)}
    assert Conclusion.SEND_AGAIN not in concluded
    assert Conclusion.NEVER_ARRIVED not in concluded


def test_the_absence_of_an_order_is_presumed_only_after_the_longest_flight() -> None:
    assert conclude(after_rounds(a_doubt(), 12), LISTS) is Conclusion.WAIT
    assert conclude(after_rounds(a_doubt(), 13), LISTS) is Conclusion.PRESUMED_ABSENT


def test_one_kind_of_question_is_not_enough_to_presume_anything() -> None:
    assert conclude(after_rounds(a_doubt(), 1000), ONE_LIST) is Conclusion.WAIT


def test_a_clock_that_jumps_does_not_shorten_the_waiting() -> None:
    doubt = a_doubt().answered_no(START, HEALTHY).answered_no(START + 3600 * SECOND, HEALTHY)
    assert conclude(doubt, LISTS) is Conclusion.WAIT


def test_a_clock_that_is_set_back_begins_the_waiting_anew_and_does_not_prolong_it() -> None:
    back = START - 3600 * SECOND
    doubt = after_rounds(a_doubt(), 12)
    for number in range(12):
        doubt = doubt.answered_no(back + number * ASK_EVERY, HEALTHY)
    assert conclude(doubt, LISTS) is Conclusion.WAIT
    doubt = doubt.answered_no(back + 12 * ASK_EVERY, HEALTHY)
    assert conclude(doubt, LISTS) is Conclusion.PRESUMED_ABSENT


def test_rounds_that_follow_at_once_count_as_one() -> None:
    assert after_rounds(a_doubt(), 50, every=SECOND).noes < 7


def test_a_session_that_breaks_begins_the_waiting_anew() -> None:
    doubt = after_rounds(a_doubt(), 13)
    broken = doubt.answered_no(START + 130 * SECOND, None)
    again = broken.answered_no(START + 150 * SECOND, START + 140 * SECOND)
    assert (broken.noes, again.noes) == (0, 1)
    assert conclude(again, LISTS) is Conclusion.WAIT
    elsewhere = doubt.answered_no(START + 150 * SECOND, START + 140 * SECOND)
    assert elsewhere.noes == 1, "noes of another session do not count"


def test_another_sending_begins_the_waiting_anew() -> None:
    doubt = after_rounds(a_doubt(), 13).sent_again(START + 125 * SECOND)
    assert doubt.sent_ts == START + 125 * SECOND
    assert conclude(doubt, LISTS) is Conclusion.WAIT


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from([HEALTHY, HEALTHY + SECOND, None])),
        max_size=60,
    )
)
def test_nothing_ends_before_the_longest_flight_is_over(rounds) -> None:
    """Whatever is heard in whatever order, as long as our clock does not run backwards."""
    doubt, now = a_doubt(cancel=True), START
    for seconds, healthy in rounds:
        now += seconds * SECOND // 10
        doubt = doubt.answered_no(now, healthy)
        for broker in (UNIQUE, LISTS):
            if conclude(doubt, broker) is not Conclusion.WAIT:
                assert now - START >= broker.max_inflight

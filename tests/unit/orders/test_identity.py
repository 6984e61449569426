"""The names of orders."""

import string

from hypothesis import given
from hypothesis import strategies as st

from domain.orders.identity import client_decision, is_ours, order_id_of, run_decision

LETTERS = string.ascii_uppercase + "234567"
A_NAME = order_id_of("local", "acc_1", run_decision("run_1", 7))


def test_the_same_decision_has_the_same_name_for_ever() -> None:
    assert order_id_of("local", "acc_1", run_decision("run_1", 7)) == A_NAME
    assert A_NAME == "QT3G5IDXYYMS4TCLZFAXW54YTFB"


def test_anything_else_has_another_name() -> None:
    others = {
        order_id_of("other", "acc_1", run_decision("run_1", 7)),
        order_id_of("local", "acc_2", run_decision("run_1", 7)),
        order_id_of("local", "acc_1", run_decision("run_1", 8)),
        order_id_of("local", "acc_1", run_decision("run_2", 7)),
        order_id_of("local", "acc_1", client_decision("7")),
        order_id_of("local", "acc_1", run_decision("run_1", 7), generation=2),
    }
    assert len(others) == 6
    assert A_NAME not in others


@given(st.text(max_size=40))
def test_a_name_fits_every_broker_and_is_known_as_ours(key: str) -> None:
    name = order_id_of("local", "acc_1", key)
    assert len(name) == 27
    assert set(name) <= set(LETTERS)
    assert is_ours(name)


@given(st.integers(0, 26), st.sampled_from(LETTERS))
def test_one_wrong_character_is_found_out(place: int, letter: str) -> None:
    wrong = A_NAME[:place] + letter + A_NAME[place + 1 :]
    assert is_ours(wrong) == (wrong == A_NAME)


def test_orders_made_by_hand_are_not_ours() -> None:
    for name in ("", "Q", "manual-1", A_NAME.lower(), A_NAME + "A", "Q" + "1" * 26):
        assert not is_ours(name)

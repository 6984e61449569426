"""The table of transitions, stated the other way round: by what must hold of it."""

import pytest

from domain.orders import state as rows
from domain.orders.state import ENDED, WORKING, OrderState

ROWS = {name: row for name, row in vars(rows).items() if name.startswith("ON_")}


def test_every_event_has_an_answer_for_every_state() -> None:
    assert len(ROWS) == 13
    assert {len(row) for row in ROWS.values()} == {len(OrderState)} == {14}


def test_a_state_is_working_or_ended() -> None:
    assert not WORKING & ENDED
    assert frozenset(OrderState) == WORKING | ENDED


@pytest.mark.parametrize("state", sorted(ENDED - {OrderState.PRESUMED_ABSENT}))
def test_what_ended_by_evidence_stays_ended_but_for_a_fill_or_a_quarantine(
    state: OrderState,
) -> None:
    for name, row in ROWS.items():
        if name not in ("ON_FILLED", "ON_QUARANTINED"):
            assert row[state] is None, name


def test_a_denied_order_never_moves_again() -> None:
    assert all(row[OrderState.DENIED] is None for row in ROWS.values())


def test_a_fill_is_refused_only_for_an_order_that_was_never_sent() -> None:
    refused = {state for state in OrderState if rows.ON_FILLED[state] is None}
    assert refused == {OrderState.CREATED, OrderState.DENIED}


def test_silence_is_never_taken_for_an_end() -> None:
    reached = {to for to in rows.ON_IN_DOUBT if to is not None}
    assert reached == {OrderState.IN_DOUBT}
    assert rows.ON_PENDING_CANCEL[OrderState.IN_DOUBT] is None


def test_every_state_can_be_reached_from_created() -> None:
    reached = {OrderState.CREATED, OrderState.FILLED}  # FILLED comes of the last fill
    while True:
        more = {row[state] for row in ROWS.values() for state in reached} - {None} - reached
        if not more:
            break
        reached |= more
    assert reached == set(OrderState)

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.orders.request import Side
from domain.reports.trades import TradeFill, round_trips
from tests.builders import MSFT, an_instrument

SHARE = an_instrument()


def a_fill(
    quantity: int, price: int, fee: int = 0, *, ts: int = 0, of: object = SHARE
) -> TradeFill:
    return TradeFill(of, ts, price * 1_000_000, quantity, fee * 10**9)


def test_first_in_is_first_out() -> None:
    trips = round_trips([a_fill(100, 10, ts=1), a_fill(50, 12, ts=2), a_fill(-120, 15, ts=3)])
    assert [(t.quantity, t.entry_ts, t.profit) for t in trips] == [
        (100, 1, Decimal(500)),
        (20, 2, Decimal(60)),
    ]


def test_a_short_round_trip_wins_when_the_price_falls() -> None:
    (trip,) = round_trips([a_fill(-100, 15), a_fill(100, 10)])
    assert (trip.side, trip.profit, trip.profit_share) == (Side.SELL, Decimal(500), 1 / 3)


def test_a_fill_through_zero_closes_and_opens() -> None:
    trips = round_trips([a_fill(100, 10), a_fill(-150, 11), a_fill(50, 9)])
    assert [(t.side, t.quantity, t.profit) for t in trips] == [
        (Side.BUY, 100, Decimal(100)),
        (Side.SELL, 50, Decimal(100)),
    ]


def test_profit_is_net_of_both_fees_by_share() -> None:
    first, second = round_trips([a_fill(100, 10, 1), a_fill(-25, 10, 2), a_fill(-75, 10, 3)])
    assert (first.fees, second.fees) == (Decimal("2.25"), Decimal("3.75"))
    assert first.profit == Decimal("-2.25")


def test_instruments_do_not_mix() -> None:
    other = an_instrument(MSFT)
    assert round_trips([a_fill(100, 10), a_fill(-100, 11, of=other)]) == []


@given(
    st.lists(
        st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 99), st.integers(0, 5)),
        max_size=30,
    )
)
def test_profits_and_what_is_open_add_up_to_the_cash(steps: list[tuple[int, int, int]]) -> None:
    net = sum(quantity for quantity, _, _ in steps)
    flat = [*steps, (-net, 50, 1)] if net else steps
    trips = round_trips([a_fill(*step) for step in flat])
    cash = -sum(quantity * price + fee for quantity, price, fee in flat)
    assert sum((trip.profit for trip in trips), Decimal(0)) == cash
    assert sum((trip.fees for trip in trips), Decimal(0)) == sum(fee for _, _, fee in flat)

"""Random orders against random bars: what no fill may ever do."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.market_data.bar import Bar
from domain.orders.events import Event, OrderCanceled, OrderExpired, OrderFilled
from domain.orders.order import Order
from domain.orders.request import OrderType, Side, TimeInForce
from domain.simulation.exchange import Exchange
from tests.builders import AAPL, MINUTE, MONDAY_OPEN, an_instrument

HALF_HOUR = 30 * MINUTE
SESSION = 13  # half hours

cents = st.integers(9_500, 10_500)
orders = st.lists(
    st.tuples(
        st.integers(0, 60),  # how many bars it waits before it comes
        st.sampled_from(Side),
        st.sampled_from(OrderType),
        cents,
        cents,
        st.sampled_from(TimeInForce),
        st.integers(1, 500),
    ),
    max_size=12,
)
quartets = st.lists(st.tuples(cents, cents, cents, cents), min_size=20, max_size=60)
shares = st.sampled_from([0, 10])


def sessions(quartets: list[tuple[int, int, int, int]]) -> list[Bar]:
    """Half-hour bars in sessions of 9 June 2014 and the days after it."""
    bars = []
    for number, (a, b, c, d) in enumerate(quartets):
        day, half_hour = divmod(number, SESSION)
        start = MONDAY_OPEN + day * 24 * 60 * MINUTE + half_hour * HALF_HOUR
        o, x, y, z = (value / 100 for value in (a, b, c, d))
        bars.append(
            Bar(AAPL, start + HALF_HOUR, start, o, max(o, x, y, z), min(o, x, y, z), z, 1000.0)
        )
    return bars


def play(
    wishes: list[tuple[int, Side, OrderType, int, int, TimeInForce, int]],
    bars: list[Bar],
    share: int,
) -> tuple[dict[int, Order], dict[int, list[tuple[Bar, Event]]], dict[int, int]]:
    """The orders, what was reported of each with the bar it came of, and the bar it came before."""
    reports: list[Event] = []
    exchange = Exchange(reports.append, {AAPL: an_instrument()}, volume_percent=share)
    placed: dict[int, Order] = {}
    came: dict[int, int] = {}
    told: dict[int, list[tuple[Bar, Event]]] = {}
    for index, bar in enumerate(bars):
        for number, (wait, side, kind, limit, stop, tif, quantity) in enumerate(wishes, 1):
            if wait == index:
                has_limit = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
                has_stop = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
                placed[number] = Order(
                    number, 0, AAPL, side, quantity, kind, limit * 10_000 * has_limit,
                    stop * 10_000 * has_stop, tif, 0, bar.open_ts, bar.open_ts,
                )  # fmt: skip
                came[number], told[number] = index, []
                exchange.submit(bar.open_ts, placed[number])
        reports.clear()
        exchange.match(bar)
        for report in reports:
            told[report.order_id].append((bar, report))
    return placed, told, came


@settings(max_examples=300)
@given(orders, quartets, shares)
def test_fills_keep_to_the_bar_the_terms_and_the_time_in_force(
    wishes: list[tuple[int, Side, OrderType, int, int, TimeInForce, int]],
    quartets: list[tuple[int, int, int, int]],
    share: int,
) -> None:
    bars = sessions(quartets)
    placed, told, came = play(wishes, bars, share)
    given_away: dict[int, int] = {}
    for number, order in placed.items():
        first_day = bars[came[number] // SESSION * SESSION :][:SESSION]
        check_fills(order, told[number])
        check_time_in_force(order, told[number], first_day, bars[came[number]])
        for bar, report in told[number]:
            if isinstance(report, OrderFilled):
                given_away[bar.ts] = given_away.get(bar.ts, 0) + report.quantity
    assert not share or all(quantity <= 100 for quantity in given_away.values())


def check_fills(order: Order, told: list[tuple[Bar, Event]]) -> None:
    for bar, fill in told:
        if isinstance(fill, OrderFilled):
            assert bar.low <= fill.price / 1e6 <= bar.high
            assert bar.open_ts >= order.create_ts
            assert bar.open_ts <= fill.ts <= bar.ts
            if order.limit_price:
                assert (order.limit_price - fill.price) * order.side >= 0
            if order.order_type is OrderType.STOP:
                assert (fill.price - order.stop_price) * order.side >= 0
            if order.order_type is OrderType.MARKET:
                assert fill.price / 1e6 == bar.open


def check_time_in_force(
    order: Order, told: list[tuple[Bar, Event]], first_day: list[Bar], first: Bar
) -> None:
    filled = sum(fill.quantity for _, fill in told if isinstance(fill, OrderFilled))
    ends = [end for _, end in told if isinstance(end, OrderCanceled | OrderExpired)]
    assert filled <= order.quantity
    assert len(ends) <= (filled < order.quantity)
    if order.time_in_force is TimeInForce.GTC:
        assert not ends
    elif order.time_in_force is TimeInForce.DAY:
        assert all(bar in first_day for bar, _ in told)
        assert ends or filled == order.quantity or len(first_day) < SESSION
    else:
        assert all(bar is first for bar, _ in told)
        assert ends or filled == order.quantity
        assert order.time_in_force is TimeInForce.IOC or filled in (0, order.quantity)


@settings(max_examples=100)
@given(orders, quartets)
def test_a_resting_order_is_one_that_the_market_never_reached(
    wishes: list[tuple[int, Side, OrderType, int, int, TimeInForce, int]],
    quartets: list[tuple[int, int, int, int]],
) -> None:
    bars = sessions(quartets)
    wishes = [(*wish[:5], TimeInForce.GTC, wish[6]) for wish in wishes]
    placed, told, came = play(wishes, bars, 0)
    for number, order in placed.items():
        seen = bars[came[number] :]
        filled = any(isinstance(e, OrderFilled) for _, e in told[number])
        if order.order_type is OrderType.MARKET:
            assert filled
        elif order.order_type is OrderType.LIMIT:
            limit = order.limit_price / 1e6
            reached = [b.low <= limit if order.side > 0 else b.high >= limit for b in seen]
            assert filled == any(reached)
        elif order.order_type is OrderType.STOP:
            stop = order.stop_price / 1e6
            reached = [b.high >= stop if order.side > 0 else b.low <= stop for b in seen]
            assert filled == any(reached)

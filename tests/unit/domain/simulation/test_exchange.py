"""One golden scenario a rule; prices in dollars, bars of a minute."""

from datetime import UTC, datetime

import msgspec
import pytest

from domain.instruments import Instruments
from domain.market_data.bar import Bar
from domain.market_data.quote import Quote
from domain.orders.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderReplaced,
)
from domain.orders.order import Order, Trail
from domain.orders.request import OrderType, Side, TimeInForce
from domain.simulation.exchange import Exchange
from domain.simulation.fees import Fees
from domain.simulation.fills import Resting
from tests.builders import AAPL, MINUTE, MONDAY_OPEN, a_bar, a_wish, an_instrument

BUY, SELL = Side.BUY, Side.SELL
DAY, GTC, IOC, FOK = TimeInForce


class Market:
    """An exchange and what it reported."""

    def __init__(self, **settings: object) -> None:
        self.reports: list[Event] = []
        self.exchange = Exchange(self.reports.append, Instruments([an_instrument()]), **settings)
        self.count = 0

    def submit(
        self, side: Side, quantity: int = 100, *, limit: float = 0, stop: float = 0,
        time_in_force: TimeInForce = DAY, minute: int = 0,
    ) -> Order:  # fmt: skip
        self.count += 1
        ts = MONDAY_OPEN + minute * MINUTE
        wish = a_wish(side, quantity, limit=round(limit * 1e6), stop=round(stop * 1e6),
                      time_in_force=time_in_force)  # fmt: skip
        order = Order(
            self.count, 0, AAPL, side, quantity, wish.order_type, wish.limit_price,
            wish.stop_price, time_in_force, 0, ts, ts,
        )  # fmt: skip
        self.exchange.submit(ts, order)
        self.reports.clear()
        return order

    def match(self, *bars: Bar) -> list[Event]:
        self.reports.clear()
        for bar in bars:
            self.exchange.match(bar)
        return self.reports

    def price(self, bar: Bar) -> float | None:
        """The price of the one fill the bar makes, in dollars; None without a fill."""
        fills = [one for one in self.match(bar) if isinstance(one, OrderFilled)]
        assert len(fills) <= 1
        return fills[0].price / 1e6 if fills else None


def test_an_order_is_accepted_when_it_comes() -> None:
    market = Market()
    ts = MONDAY_OPEN
    order = Order(7, 0, AAPL, BUY, 1, OrderType.MARKET, 0, 0, DAY, 0, ts, ts)
    market.exchange.submit(ts, order)
    assert market.reports == [OrderAccepted(ts, 7)]


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_market_order_fills_at_the_next_open(side: Side) -> None:
    market = Market()
    market.submit(side)
    assert market.match(a_bar(101.0, 105.0, 99.0, 104.0)) == [
        OrderFilled(MONDAY_OPEN, 1, 101_000000, 100)
    ]


def test_an_order_never_trades_on_a_bar_that_opened_before_it_came() -> None:
    market = Market()
    market.submit(BUY, minute=1)
    assert market.match(a_bar(100.0, minute=0)) == []
    assert market.price(a_bar(100.0, minute=1)) == 100.0


LIMIT = [
    # side and limit, then the bar, then the price
    (BUY, 99.0, (100.0, 101.0, 99.5, 100.0), None),  # never that cheap
    (BUY, 99.0, (100.0, 101.0, 99.0, 100.0), 99.0),  # touched
    (BUY, 99.0, (100.0, 101.0, 98.0, 100.0), 99.0),  # crossed
    (BUY, 99.0, (98.0, 98.5, 97.0, 98.0), 98.0),  # gap through: the better open
    (SELL, 101.0, (100.0, 100.5, 99.0, 100.0), None),
    (SELL, 101.0, (100.0, 101.0, 99.0, 100.0), 101.0),
    (SELL, 101.0, (103.0, 104.0, 102.0, 103.0), 103.0),
]
STOP = [
    (BUY, 101.0, (100.0, 100.5, 99.0, 100.0), None),
    (BUY, 101.0, (100.0, 101.0, 99.0, 100.0), 101.0),
    (BUY, 101.0, (103.0, 104.0, 102.0, 103.0), 103.0),  # gap through: the worse open
    (SELL, 99.0, (100.0, 101.0, 99.5, 100.0), None),
    (SELL, 99.0, (100.0, 101.0, 98.0, 100.0), 99.0),
    (SELL, 99.0, (97.0, 98.0, 96.0, 97.0), 97.0),
]
STOP_LIMIT = [
    (BUY, 101.0, 102.0, (100.0, 100.5, 99.0, 100.0), None),  # not triggered
    (BUY, 101.0, 102.0, (100.0, 103.0, 99.0, 102.5), 101.0),  # through the stop, within the limit
    (BUY, 101.0, 102.0, (101.5, 103.0, 101.2, 102.5), 101.5),  # triggered at the open
    (BUY, 101.0, 102.0, (103.0, 104.0, 102.5, 103.0), None),  # gap beyond the limit, never back
    (BUY, 101.0, 102.0, (103.0, 104.0, 101.5, 103.0), 102.0),  # gap beyond, then back
    (BUY, 101.0, 100.5, (100.0, 102.0, 99.0, 101.5), None),  # the low may have come before
    (BUY, 101.0, 100.5, (100.0, 102.0, 99.0, 100.2), 100.5),  # the close came after
    (SELL, 99.0, 98.0, (100.0, 101.0, 97.0, 97.5), 99.0),
    (SELL, 99.0, 98.0, (97.0, 97.5, 96.0, 97.0), None),
    (SELL, 99.0, 98.0, (97.0, 98.5, 96.0, 97.0), 98.0),
    (SELL, 99.0, 99.5, (100.0, 101.0, 98.0, 98.5), None),
    (SELL, 99.0, 99.5, (100.0, 101.0, 98.0, 99.8), 99.5),
]


@pytest.mark.parametrize(("side", "limit", "bar", "price"), LIMIT)
def test_a_limit_order_trades_at_its_limit_or_better(
    side: Side, limit: float, bar: tuple[float, ...], price: float | None
) -> None:
    market = Market()
    market.submit(side, limit=limit)
    assert market.price(a_bar(*bar)) == price


@pytest.mark.parametrize(("side", "stop", "bar", "price"), STOP)
def test_a_stop_order_trades_at_its_stop_or_worse(
    side: Side, stop: float, bar: tuple[float, ...], price: float | None
) -> None:
    market = Market()
    market.submit(side, stop=stop)
    assert market.price(a_bar(*bar)) == price


@pytest.mark.parametrize(("side", "stop", "limit", "bar", "price"), STOP_LIMIT)
def test_a_stop_limit_order_trades_where_the_bar_proves_it(
    side: Side, stop: float, limit: float, bar: tuple[float, ...], price: float | None
) -> None:
    market = Market()
    market.submit(side, stop=stop, limit=limit)
    assert market.price(a_bar(*bar)) == price


def test_a_triggered_stop_limit_order_rests_as_a_limit_order() -> None:
    market = Market()
    market.submit(BUY, stop=101.0, limit=100.5)
    assert market.price(a_bar(100.0, 102.0, 99.0, 101.5)) is None
    assert market.price(a_bar(101.0, 101.2, 100.4, 101.0, minute=1)) == 100.5


def test_orders_fill_oldest_first() -> None:
    market = Market()
    market.submit(BUY, limit=99.0)
    market.submit(SELL)
    market.submit(BUY)
    fills = market.match(a_bar(100.0, 101.0, 98.0, 100.0))
    assert [fill.order_id for fill in fills] == [1, 2, 3]


@pytest.mark.parametrize("time_in_force", [IOC, FOK])
def test_what_must_trade_at_once_is_canceled_after_its_first_bar(
    time_in_force: TimeInForce,
) -> None:
    market = Market()
    market.submit(BUY, limit=99.0, time_in_force=time_in_force)
    bar = a_bar(100.0)
    assert market.match(bar, a_bar(98.0, minute=1)) == [OrderCanceled(bar.ts, 1)]


def test_ioc_takes_what_there_is_and_cancels_the_rest() -> None:
    market = Market(volume_percent=10)
    market.submit(BUY, 150, time_in_force=IOC)
    bar = a_bar(100.0, volume=1000.0)
    assert market.match(bar) == [
        OrderFilled(bar.open_ts, 1, 100_000000, 100),
        OrderCanceled(bar.ts, 1),
    ]


def test_fok_takes_all_or_nothing() -> None:
    market = Market(volume_percent=10)
    market.submit(BUY, 150, time_in_force=FOK)
    market.submit(BUY, 100, time_in_force=FOK)
    bar = a_bar(100.0, volume=1000.0)
    assert market.match(bar) == [
        OrderCanceled(bar.ts, 1),
        OrderFilled(bar.open_ts, 2, 100_000000, 100),
    ]


def test_capped_orders_fill_in_parts_and_share_what_a_bar_gives() -> None:
    market = Market(volume_percent=10)
    market.submit(BUY, 150)
    market.submit(BUY, 100)
    first, second, third = (a_bar(100.0, minute=minute, volume=1000.0) for minute in range(3))
    assert [(e.order_id, e.quantity) for e in market.match(first)] == [(1, 100)]
    assert [(e.order_id, e.quantity) for e in market.match(second)] == [(1, 50), (2, 50)]
    assert [(e.order_id, e.quantity) for e in market.match(third)] == [(2, 50)]


def daily(day: int) -> Bar:
    """The session of that day of June 2014."""
    open_ts = int(datetime(2014, 6, day, 13, 30, tzinfo=UTC).timestamp()) * 10**9
    close_ts = int(datetime(2014, 6, day, 20, tzinfo=UTC).timestamp()) * 10**9
    return Bar(AAPL, close_ts, open_ts, 100.0, 101.0, 99.0, 100.0, 1e6)


def test_a_day_order_expires_with_the_bar_that_ends_its_session() -> None:
    market = Market()
    market.submit(BUY, limit=50.0)
    assert market.match(daily(9)) == [OrderExpired(daily(9).ts, 1)]
    assert market.match(daily(10)) == []


def test_a_day_order_given_after_the_close_lives_through_the_next_session() -> None:
    market = Market()
    friday_close = daily(6).ts
    order = Order(1, 0, AAPL, BUY, 1, OrderType.LIMIT, 50_000000, 0, DAY, 0, 0, 0)
    market.exchange.submit(friday_close, order)
    assert market.match(daily(9)) == [OrderExpired(daily(9).ts, 1)]


def test_a_day_order_expires_at_the_last_minute_of_its_session_and_not_a_day_later() -> None:
    market = Market()
    market.submit(BUY, limit=50.0)
    assert market.match(a_bar(100.0, minute=388)) == []
    assert market.match(a_bar(100.0, minute=389)) == [OrderExpired(daily(9).ts, 1)]


def test_after_a_half_day_a_day_order_expires_before_the_next_session_trades() -> None:
    market = Market()
    market.submit(BUY, limit=50.0)
    assert market.match(a_bar(100.0, minute=209)) == []  # the last bar of a short session
    assert market.match(a_bar(40.0, minute=24 * 60)) == [OrderExpired(daily(9).ts, 1)]


def test_a_gtc_order_lives_on() -> None:
    market = Market()
    market.submit(BUY, limit=50.0, time_in_force=GTC)
    assert market.match(daily(9), daily(10)) == []
    assert market.price(a_bar(40.0, minute=3 * 24 * 60)) == 40.0


def test_a_canceled_order_does_not_trade_and_is_canceled_once() -> None:
    market = Market()
    market.submit(BUY)
    assert market.exchange.cancel(1, 1)
    assert market.reports == [OrderCanceled(1, 1)]
    assert not market.exchange.cancel(2, 1)
    assert market.match(a_bar()) == []


def test_a_replaced_order_works_under_its_new_terms_and_counts_what_is_filled() -> None:
    market = Market(volume_percent=4)
    market.submit(BUY, 100, limit=101.0, time_in_force=GTC)
    market.match(a_bar(100.0, volume=1000.0))
    assert market.exchange.replace(MONDAY_OPEN + MINUTE, 1, 60, 99_000000, 0)
    assert market.reports[-1] == OrderReplaced(MONDAY_OPEN + MINUTE, 1, 60, 99_000000, 0)
    assert market.match(a_bar(100.0, minute=1)) == []
    fills = market.match(a_bar(98.0, minute=2))
    assert [(fill.price, fill.quantity) for fill in fills] == [(98_000000, 20)]


def test_an_order_is_not_replaced_to_what_is_filled_already() -> None:
    market = Market(volume_percent=4)
    market.submit(BUY, 100, time_in_force=GTC)
    market.match(a_bar(100.0, volume=1000.0))
    assert not market.exchange.replace(MONDAY_OPEN, 1, 40, 0, 0)
    assert not market.exchange.replace(MONDAY_OPEN, 9, 40, 0, 0)
    assert len(market.exchange.resting) == 1


def test_fees_are_rounded_up_to_the_cent() -> None:
    market = Market(fees=Fees(millionths=1_500, minimum=1_000_000_000))
    market.submit(BUY, 100)
    market.submit(BUY, 1)
    assert [fill.fee for fill in market.match(a_bar(100.01))] == [15_010_000_000, 1_000_000_000]


def test_a_durable_book_taken_in_again_goes_on_the_same() -> None:
    market, again = Market(), Market()
    market.submit(BUY, stop=101.0, limit=100.5)
    market.match(a_bar(100.0, 102.0, 99.0, 101.5))
    kept = msgspec.msgpack.encode(market.exchange.resting)
    again.exchange.restore(msgspec.msgpack.decode(kept, type=list[Resting]))
    bar = a_bar(101.0, 101.2, 100.4, 101.0, minute=1)
    assert again.match(bar) == market.match(bar) != []


def test_on_quotes_buyers_pay_the_ask_and_sellers_get_the_bid() -> None:
    market = Market()
    market.submit(SELL)
    market.submit(BUY)
    market.submit(BUY, limit=99.0)
    market.exchange.match_quote(Quote(AAPL, MONDAY_OPEN, 99.9, 100.1, 5.0, 5.0))
    prices = {fill.order_id: fill.price for fill in market.reports}
    assert prices == {1: 99_900000, 2: 100_100000}


def test_a_quote_without_a_side_trades_nothing_on_it() -> None:
    market = Market()
    market.submit(BUY)
    market.exchange.match_quote(Quote(AAPL, MONDAY_OPEN, 99.9, 0.0, 5.0, 0.0))
    assert market.reports == []


class Trailing(Market):
    """A stop that trails by a dollar, or by a hundredth of the price, from 99 or 101 on."""

    def __init__(self, side: Side = SELL, *, percent: int = 0, **settings: object) -> None:
        super().__init__(**settings)
        ts, stop = MONDAY_OPEN, 99_000000 if side < 0 else 101_000000
        trail = Trail(0, percent) if percent else Trail(1_000000, 0)
        self.exchange.submit(ts, Order(
            1, 0, AAPL, side, 100, OrderType.TRAILING_STOP, 0, stop, GTC, 0, ts, ts, trail=trail,
        ))  # fmt: skip
        self.count = 1

    @property
    def stop(self) -> float:
        (resting,) = self.exchange.resting
        return resting.stop_price / 1e6


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back() -> None:
    market = Trailing()
    assert market.price(a_bar(100.0, 103.0, 100.0, 102.5)) is None
    assert market.stop == 102.0
    assert market.price(a_bar(102.5, 102.6, 102.1, 102.2, minute=1)) is None
    assert market.stop == 102.0


def test_a_trailing_stop_sells_where_it_stands() -> None:
    market = Trailing()
    market.match(a_bar(100.0, 103.0, 100.0, 102.5))
    assert market.price(a_bar(102.5, 102.6, 101.0, minute=1)) == 102.0


def test_a_market_that_opens_beyond_a_trailing_stop_fills_it_at_the_open() -> None:
    market = Trailing()
    market.match(a_bar(100.0, 103.0, 100.0, 102.5))
    assert market.price(a_bar(98.0, 99.0, 97.0, minute=1)) == 98.0


def test_a_market_that_opens_better_takes_a_trailing_stop_along() -> None:
    market = Trailing()
    assert market.price(a_bar(105.0, 105.0, 103.0)) == 104.0


def test_a_close_below_what_the_high_made_of_the_stop_proves_the_fill() -> None:
    market = Trailing()
    assert market.price(a_bar(100.0, 110.0, 99.5, 104.0)) == 109.0


def test_a_low_that_may_have_come_before_the_high_proves_nothing() -> None:
    market = Trailing()
    assert market.price(a_bar(100.0, 110.0, 99.5, 109.5)) is None
    assert market.stop == 109.0


def test_a_trailing_stop_that_buys_comes_down_with_the_market() -> None:
    market = Trailing(BUY)
    market.match(a_bar(100.0, 100.2, 95.0, 95.5))
    assert market.stop == 96.0
    assert market.price(a_bar(97.0, 97.5, 96.5, minute=1)) == 97.0


def test_a_trailing_stop_by_percent_follows_at_a_part_of_the_price() -> None:
    market = Trailing(percent=10_000)  # one percent
    market.match(a_bar(100.0, 200.0, 100.0, 199.0))
    assert market.stop == 198.0
    assert market.price(a_bar(190.0, minute=1)) == 190.0


def test_a_replace_brings_a_trailing_stop_no_further_away() -> None:
    market = Trailing()
    market.match(a_bar(100.0, 103.0, 100.0, 102.5))
    market.exchange.replace(MONDAY_OPEN, 1, 50, 0, 99_000000)
    assert market.stop == 102.0


class Exits(Market):
    """A take profit at 110, which came first, and a stop at 90 of the same group."""

    def __init__(self, quantity: int = 100, **settings: object) -> None:
        super().__init__(**settings)
        for kind, limit, stop in ((OrderType.LIMIT, 110, 0), (OrderType.STOP, 0, 90)):
            self.count += 1
            self.exchange.submit(MONDAY_OPEN, Order(
                self.count, 0, AAPL, SELL, quantity, kind, limit * 1_000000, stop * 1_000000, GTC,
                0, MONDAY_OPEN, MONDAY_OPEN, link=1,
            ))  # fmt: skip


def test_of_a_bar_that_spans_both_exits_the_stop_came_first() -> None:
    market = Exits()
    assert market.price(a_bar(100.0, 115.0, 85.0)) == 90.0


def test_each_exit_trades_on_a_bar_that_shows_only_its_price() -> None:
    assert Exits().price(a_bar(100.0, 115.0, 95.0)) == 110.0
    assert Exits().price(a_bar(100.0, 105.0, 85.0)) == 90.0


def test_a_stop_that_is_filled_in_part_leaves_the_bar_to_itself() -> None:
    market = Exits(volume_percent=5)
    fills = [one for one in market.match(a_bar(100.0, 115.0, 85.0)) if isinstance(one, OrderFilled)]
    assert [(fill.order_id, fill.quantity) for fill in fills] == [(2, 50)]


def test_exits_of_different_groups_have_nothing_to_do_with_each_other() -> None:
    market = Exits()
    market.submit(SELL, limit=110, time_in_force=GTC)
    fills = [one for one in market.match(a_bar(100.0, 115.0, 85.0)) if isinstance(one, OrderFilled)]
    assert [fill.order_id for fill in fills] == [2, 3]

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest

from domain.backtests import (
    BacktestCanceled,
    BacktestResult,
    BacktestSpec,
    Checkpoint,
    run_backtest,
)
from domain.backtests.engine import PIECE
from domain.errors import InvalidRequest
from domain.instruments import Instruments
from domain.market_data.columns import BadBar, BarColumns, no_bars
from domain.orders.events import CapitalDeposited, OrderCreated, OrderFilled
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.strategies import Bar, Context, Fill, OrderView, Strategy
from domain.strategies.runner import StrategyFailed
from domain.values import money_to_int
from tests.builders import AAPL, MINUTE, MONDAY_OPEN, MSFT, a_walk, an_instrument, bars_of
from tests.unit.domain.backtests.strategies import Gambler, SmaCross

BOTH = Instruments([an_instrument(), an_instrument(MSFT)])


def run(
    strategy: Strategy,
    *sources: BarColumns | Sequence[BarColumns],
    cash: int = 100_000,
    **options: object,
) -> BacktestResult:
    spec = BacktestSpec(strategy, BOTH, money_to_int(Decimal(cash)))
    pieces = [[one] if isinstance(one, BarColumns) else one for one in sources]
    return run_backtest(spec, dict(zip([AAPL, MSFT], pieces, strict=False)), **options)


class Once(Strategy):
    """Buys on the bar given, and does nothing else."""

    def __init__(self, bar: int = 1, **terms: object) -> None:
        self.bar, self.terms, self.seen = bar, terms, 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.seen += 1
        if self.seen == self.bar:
            ctx.buy(AAPL, 100, **self.terms)


def test_an_order_decided_on_a_bar_fills_at_the_next_open() -> None:
    result = run(Once(2), bars_of([100.0, 101.0, 102.0, 103.0]))
    (fill,) = result.fills
    assert (fill.ts, fill.price) == (MONDAY_OPEN + 2 * MINUTE, Decimal(101))
    assert result.final_equity == Decimal(100_200)


def test_an_order_of_the_last_bar_stays_open_and_what_is_held_is_marked() -> None:
    result = run(Once(1), bars_of([100.0, 110.0]))
    (held,) = result.open_positions
    assert (held.quantity, held.average_price, held.unrealised) == (100, 100, 1_000)
    assert result.trades == []
    late = run(Once(2), bars_of([100.0, 110.0]))
    assert [order.state for order in late.orders] == [OrderState.ACCEPTED]


def test_the_log_begins_with_the_capital() -> None:
    first, second, *_ = run(Once(1), bars_of([100.0, 101.0])).events()
    assert first == CapitalDeposited(MONDAY_OPEN, 100_000 * 10**9)
    assert isinstance(second, OrderCreated)


def test_what_is_wished_at_the_start_waits_for_the_first_bar() -> None:
    class Eager(Strategy):
        def on_start(self, ctx: Context) -> None:
            ctx.buy(AAPL, 1)

    (fill,) = run(Eager(), bars_of([100.0, 101.0, 102.0])).fills
    assert fill.ts == MONDAY_OPEN + MINUTE


def test_what_is_wished_on_a_fill_is_placed_after_the_bar_that_brought_it() -> None:
    class Doubler(Once):
        def on_fill(self, fill: Fill, ctx: Context) -> None:
            if fill.order_id == 1:
                ctx.sell(AAPL, 50)

    fills = run(Doubler(1), bars_of([100.0, 101.0, 102.0, 103.0])).fills
    assert [fill.ts for fill in fills] == [MONDAY_OPEN + MINUTE, MONDAY_OPEN + 2 * MINUTE]


def test_an_order_can_be_canceled_before_it_trades() -> None:
    class Hesitant(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            for order in ctx.working_orders(AAPL):
                ctx.cancel(order.request)
            if bar.ts == MONDAY_OPEN + MINUTE:
                ctx.buy(AAPL, 1, limit=Decimal(50), time_in_force="GTC")

    result = run(Hesitant(), bars_of([100.0, 101.0, 102.0]))
    assert [order.state for order in result.orders] == [OrderState.CANCELED]


def test_a_denied_wish_is_an_order_with_a_reason() -> None:
    (order,) = run(Once(), bars_of([100.0, 100.0]), cash=100).orders
    assert (order.state, order.reason) == (OrderState.DENIED, "INSUFFICIENT_BUYING_POWER")


def test_limits_hold_in_a_backtest_as_they_do_live() -> None:
    spec = BacktestSpec(
        Once(), BOTH, money_to_int(Decimal(100_000)), RiskLimits(max_order_quantity=Decimal(99))
    )
    (order,) = run_backtest(spec, {AAPL: [bars_of([100.0, 100.0])]}).orders
    assert order.reason == "MAX_ORDER_QUANTITY"


def test_an_order_never_fills_on_a_bar_of_the_same_moment() -> None:
    class Pairs(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            if bar.instrument_id == AAPL and bar.ts == MONDAY_OPEN + MINUTE:
                ctx.buy(MSFT, 10)  # its bar of this moment comes next, and opened before

    class Informed(Pairs):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            if bar.instrument_id == MSFT:
                assert ctx.position(MSFT) == 0 or bar.ts > MONDAY_OPEN + 2 * MINUTE
            super().on_bar(bar, ctx)

    closes = bars_of([100.0, 105.0, 110.0, 115.0])
    spec = BacktestSpec(Pairs(), BOTH, money_to_int(Decimal(100_000)))
    result = run_backtest(spec, {MSFT: [closes], AAPL: [closes]})
    assert [(f.ts, f.price) for f in result.fills] == [(MONDAY_OPEN + MINUTE, Decimal(100))]
    result = run(Pairs(), closes, closes)
    assert result.fills == []  # without a price of MSFT there is nothing to reserve at
    assert result.orders[0].reason == "NO_REFERENCE_PRICE"


@pytest.mark.parametrize("cut", [1, 3, 7, 256, 100_000])
def test_the_hash_does_not_depend_on_how_the_bars_were_cut(cut: int) -> None:
    walk, other = a_walk(3_000, seed=5), a_walk(3_000, seed=6)
    whole = run(Gambler(seed=1), walk, other)
    pieces = [
        [one.slice(start, start + cut) for start in range(0, 3_000, cut)] for one in (walk, other)
    ]
    parts = run(Gambler(seed=1), *pieces)
    assert parts.result_hash == whole.result_hash
    assert parts.log == whole.log
    assert whole.order_count > 100
    assert np.allclose(parts.equity.equity, whole.equity.equity, rtol=1e-12)


def test_one_changed_decision_changes_the_hash() -> None:
    walk = a_walk(500)
    hashes = {run(SmaCross(fast=fast), walk).result_hash for fast in (5, 6, 5)}
    assert len(hashes) == 2


def test_a_sink_takes_the_log_and_the_hash_stays() -> None:
    blocks: list[bytes] = []
    walk = a_walk(3_000)
    kept, sunk = run(Gambler(), walk), run(Gambler(), walk, sink=blocks.append)
    assert b"".join(blocks) == kept.log
    assert (sunk.result_hash, sunk.log, sunk.orders) == (kept.result_hash, b"", [])
    assert (sunk.order_count, sunk.fill_count) == (kept.order_count, kept.fill_count)


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_equals_cash_and_marks_at_every_bar(seed: int) -> None:
    seen: list[float] = []

    class Watched(Gambler):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            seen.append(float(ctx.equity))
            super().on_bar(bar, ctx)

    for sources in ([a_walk(2_500, seed)], [a_walk(2_500, seed), a_walk(2_500, seed + 50)]):
        seen.clear()
        result = run(Watched(seed=seed), *sources)
        assert result.fill_count > 100
        np.testing.assert_allclose(result.equity.equity, seen, rtol=1e-9)
        assert result.equity.equity[-1] == pytest.approx(float(result.final_equity))
        assert result.bar_count == len(seen)


def test_time_in_market_counts_bars_that_closed_with_a_position() -> None:
    held: list[bool] = []

    class Watched(Gambler):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            held.append(any(ctx.position(one) for one in (AAPL, MSFT)))
            super().on_bar(bar, ctx)

    for sources in ([a_walk(2_000, 1)], [a_walk(2_000, 1), a_walk(2_000, 2)]):
        held.clear()
        result = run(Watched(), *sources)
        assert result.statistics.time_in_market == sum(held) / len(held)


def test_progress_is_told_and_ends_at_the_end() -> None:
    told: list[Checkpoint] = []
    result = run(Gambler(), a_walk(5_000), on_progress=told.append)
    assert [one.bar_count for one in told] == [*range(PIECE, 5_000, PIECE), 5_000]
    assert told[-1].equity == money_to_int(result.final_equity)
    assert told[-1].order_count == result.order_count


def test_a_canceled_backtest_stops_at_the_next_look() -> None:
    looks = iter([False, False, True])
    strategy = Once(10**9)
    with pytest.raises(BacktestCanceled) as end:
        run(strategy, a_walk(10_000), is_canceled=lambda: next(looks))
    assert end.value.reason == "BACKTEST_CANCELED"
    assert strategy.seen == 2 * PIECE


def test_a_strategy_that_raises_fails_with_the_time_it_did() -> None:
    class Broken(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            if bar.ts == MONDAY_OPEN + 3 * MINUTE:
                raise KeyError("nothing there")

    with pytest.raises(StrategyFailed, match="Broken failed at 2014-06-09T13:33:00"):
        run(Broken(), a_walk(10))


def test_without_bars_there_is_nothing_to_test() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        run(Once(), [no_bars()])
    assert refusal.value.reason == "NO_BARS"


def test_pieces_that_overlap_are_refused() -> None:
    walk = a_walk(10)
    with pytest.raises(BadBar) as refusal:
        run(Once(), [walk.slice(0, 6), walk.slice(5, 10)])
    assert refusal.value.reason == "UNSORTED_TIME"


def test_instruments_may_begin_and_end_at_other_times() -> None:
    seen: list[tuple[int, str]] = []

    class Listener(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            seen.append((bar.ts, bar.instrument_id))

    late = bars_of([50.0] * 400, start_ts=MONDAY_OPEN + 300 * MINUTE)
    run(Listener(), [a_walk(500).slice(n, n + 50) for n in range(0, 500, 50)], late)
    assert len(seen) == 900
    assert seen == sorted(seen)


def test_fills_and_orders_are_as_the_account_made_them() -> None:
    result = run(Gambler(), a_walk(2_000))
    assert len(result.orders) == result.order_count
    assert len(result.fills) == result.fill_count
    assert [fill.order_id for fill in result.fills] == [
        event.order_id for event in result.events() if isinstance(event, OrderFilled)
    ]


def test_round_trips_and_what_is_open_add_up_to_the_equity() -> None:
    result = run(SmaCross(), a_walk(2_000))
    assert len(result.trades) > 10
    profit = sum(trade.profit for trade in result.trades)
    open_profit = sum(held.unrealised for held in result.open_positions)
    assert result.final_equity == 100_000 + profit + open_profit


def test_orders_are_told_in_every_state() -> None:
    states: list[OrderState] = []

    class Listener(Once):
        def on_order(self, order: OrderView, ctx: Context) -> None:
            states.append(order.state)

    run(Listener(), bars_of([100.0, 101.0]))
    assert states == [
        OrderState.CREATED, OrderState.SUBMITTED, OrderState.ACCEPTED, OrderState.FILLED,
    ]  # fmt: skip

from decimal import Decimal

import numpy as np
import pytest

from domain.backtests import BacktestResult, BacktestSpec, run_backtest
from domain.errors import InvalidRequest
from domain.instruments import Instruments
from domain.market_data.quote_columns import QuoteColumns, check_quotes
from domain.strategies import Context, Quote, Strategy
from tests.builders import AAPL, MONDAY_OPEN, MSFT, a_walk, an_instrument

SECOND = 1_000_000_000


def quotes_of(mids: list[float], *, spread: float = 0.02) -> QuoteColumns:
    mid = np.array(mids)
    size = np.full(len(mid), 100.0)
    ts = MONDAY_OPEN + np.arange(len(mid)) * SECOND
    return QuoteColumns(ts, mid - spread / 2, mid + spread / 2, size, size)


def run(strategy: Strategy, **sources: object) -> BacktestResult:
    both = Instruments([an_instrument(), an_instrument(MSFT)])
    spec = BacktestSpec(strategy, both, 100_000 * 10**9)
    return run_backtest(spec, {name.replace("_", "."): [one] for name, one in sources.items()})


class Flip(Strategy):
    """Buys on the first quote and sells on the third."""

    def on_start(self, ctx: Context) -> None:
        self.seen = 0

    def on_quote(self, quote: Quote, ctx: Context) -> None:
        self.seen += 1
        if self.seen == 1:
            ctx.buy(AAPL, 100)
        elif self.seen == 3:
            ctx.sell(AAPL, 100)


def test_orders_meet_the_next_quote_and_pay_the_spread() -> None:
    result = run(Flip(), AAPL_XNAS=quotes_of([100.0, 101.0, 102.0, 103.0]))
    assert [(fill.ts, fill.price) for fill in result.fills] == [
        (MONDAY_OPEN + SECOND, Decimal("101.01")),
        (MONDAY_OPEN + 3 * SECOND, Decimal("102.99")),
    ]
    assert result.equity.equity.tolist() == pytest.approx([100_000, 99_999, 100_099, 100_198])


def test_quotes_of_several_instruments_come_by_time() -> None:
    seen: list[tuple[int, str]] = []

    class Listener(Strategy):
        def on_quote(self, quote: Quote, ctx: Context) -> None:
            seen.append((quote.ts, quote.instrument_id))

    run(Listener(), AAPL_XNAS=quotes_of([1.0] * 50), MSFT_XNAS=quotes_of([2.0] * 50))
    assert len(seen) == 100
    assert seen == sorted(seen)


def test_bars_and_quotes_do_not_mix() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        run(Flip(), AAPL_XNAS=quotes_of([100.0] * 5), MSFT_XNAS=a_walk(5))
    assert refusal.value.reason == "MIXED_SOURCES"


@pytest.mark.parametrize("column", ["bid", "ask", "bid_size", "ask_size"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_quote_without_a_number_above_zero_is_named(column: str, value: float) -> None:
    quotes = quotes_of([100.0, 101.0, 102.0])
    check_quotes(quotes)
    getattr(quotes, column)[1] = value
    with pytest.raises(InvalidRequest, match="row 1"):
        check_quotes(quotes)


def test_quotes_that_run_back_are_refused() -> None:
    quotes = quotes_of([100.0, 101.0, 102.0])
    quotes.ts[2] = quotes.ts[0]
    with pytest.raises(InvalidRequest) as refusal:
        check_quotes(quotes)
    assert refusal.value.reason == "UNSORTED_TIME"

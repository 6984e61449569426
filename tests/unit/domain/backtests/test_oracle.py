"""The loop against a recomputation over whole arrays, on the bars of the benchmark."""

from pathlib import Path

import numpy as np
import pytest

from domain.market_data.columns import BarColumns
from tests.benchmarks.bars import read_bars, synthetic_bars, write_bars
from tests.benchmarks.ours import Cross, Every, QuoteCross, quotes_of, run

BARS = synthetic_bars(5_000)


def cents(prices: np.ndarray) -> np.ndarray:
    return np.rint(prices * 100).astype(np.int64)


def cross_in_cents(bars: BarColumns, fast: int, slow: int) -> tuple[int, int]:
    """Fills and profit of one share held while the fast mean is above the slow one."""
    sums = np.concatenate([[0], np.cumsum(cents(bars.close))])
    last = np.arange(slow, len(bars) + 1)
    is_above = (sums[last] - sums[last - fast]) * slow > (sums[last] - sums[last - slow]) * fast
    wanted = is_above[:-1].astype(np.int64)  # decided at one close, held from the next open
    changes = np.diff(wanted, prepend=0)
    opens = cents(bars.open)[slow:]
    cash = -int(np.sum(changes * opens))
    return int(np.count_nonzero(changes)), cash + int(wanted[-1] * cents(bars.close)[-1])


@pytest.mark.parametrize(("fast", "slow"), [(10, 30), (2, 5), (7, 8), (50, 200)])
def test_the_sma_cross_makes_the_fills_and_the_profit_of_the_arrays(fast: int, slow: int) -> None:
    result = run(Cross(fast=fast, slow=slow), BARS)
    fills, profit = cross_in_cents(BARS, fast, slow)
    assert result.fill_count == fills
    assert int((result.final_equity - result.cash) * 100) == 10 * profit


def test_an_order_every_bar_trades_at_every_open() -> None:
    result = run(Every(), BARS)
    opens = cents(BARS.open)[1:]
    sides = np.where(np.arange(len(opens)) % 2 == 0, 10, -10)
    cash = -int(np.sum(sides * opens))
    assert result.fill_count == len(opens)
    worth = int(np.sum(sides)) * int(cents(BARS.close)[-1])
    assert int((result.final_equity - result.cash) * 100) == cash + worth


def test_on_quotes_each_round_trip_pays_the_spread() -> None:
    result = run(QuoteCross(), quotes_of(BARS))
    mids = {round(price * 100) for price in BARS.close.tolist()}
    for fill in result.fills:
        assert int(fill.price * 100) - int(fill.side) in mids
    assert result.fill_count > 100


def test_bars_survive_the_way_through_a_file(tmp_path: Path) -> None:
    write_bars(tmp_path / "bars", BARS)
    again = read_bars(tmp_path / "bars")
    assert all(np.array_equal(a, b) for a, b in zip(again.arrays, BARS.arrays, strict=True))

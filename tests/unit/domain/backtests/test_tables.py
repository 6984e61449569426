"""Results as data frames: every row, every field, also when there is none."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import polars as pl
import pytest

from domain.backtests import BacktestResult, backtest
from domain.strategies import Bar, Context, Strategy
from tests.builders import AAPL, a_walk
from tests.unit.domain.backtests.strategies import SmaCross

WALK = a_walk(400, seed=11)
COLUMNS = {
    "time": WALK.ts, "open": WALK.open, "high": WALK.high, "low": WALK.low,
    "close": WALK.close, "volume": WALK.volume,
}  # fmt: skip
TABLES = ("orders", "fills", "trades", "open_positions")


class Limits(Strategy):
    """Bids once at a price that never comes, once at the market, and once for too much."""

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        if bar.ts == WALK.ts[0]:
            ctx.buy(AAPL, 5, limit=1)
            ctx.buy(AAPL, 5)
            ctx.buy(AAPL, 10**9)


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return backtest(SmaCross(fast=3, slow=9), COLUMNS, cash=50_000)


@pytest.fixture(scope="module")
def limits() -> BacktestResult:
    return backtest(Limits(), {AAPL: COLUMNS})


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame])
def test_any_data_frame_takes_them(result: BacktestResult, name: str, frame: type) -> None:
    table = getattr(result, name)
    made = frame(table.columns)
    assert len(made) == len(table)
    assert list(made.columns) == list(table.columns)
    assert "time" not in table.columns or made["time"][0] is not None


def test_a_frame_says_what_the_rows_say(result: BacktestResult) -> None:
    fills, trades = pl.DataFrame(result.fills.columns), pl.DataFrame(result.trades.columns)
    assert fills["price"].to_list() == [float(one.price) for one in result.fills]
    assert fills["side"].to_list() == [one.side.name for one in result.fills]
    assert fills["order_id"].to_list() == [one.order_id for one in result.fills]
    assert fills["time"][0].isoformat() == result.fills[0].time.replace(tzinfo=None).isoformat()
    assert trades["profit"].sum() == pytest.approx(float(result.realised))
    assert (trades["exit_time"] > trades["entry_time"]).all()


def test_what_an_order_has_not_is_not_a_number(limits: BacktestResult) -> None:
    orders = limits.orders.columns
    assert orders["state"].tolist() == ["EXPIRED", "FILLED", "DENIED"]
    assert orders["limit_price"][0] == 1.0
    assert np.isnan(orders["limit_price"][1:]).all()
    assert orders["reason"][2] == "MAX_ORDER_QUANTITY"
    assert limits.open_positions.columns["quantity"].tolist() == [5.0]


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_has_the_columns_of_a_full_one(
    result: BacktestResult, limits: BacktestResult, name: str
) -> None:
    empty = getattr(backtest(Strategy(), {AAPL: COLUMNS}), name).columns
    full = getattr(limits if name == "open_positions" else result, name).columns
    assert {key: len(column) for key, column in empty.items()} == dict.fromkeys(full, 0)
    assert [column.dtype.kind for column in empty.values()] == [
        column.dtype.kind for column in full.values()
    ]


def test_the_curve_is_a_frame_with_its_drawdown(result: BacktestResult) -> None:
    frame = pl.DataFrame(result.equity.columns)
    assert frame.columns == ["time", "equity", "drawdown"]
    peaks = frame["equity"].cum_max()
    np.testing.assert_allclose(frame["drawdown"], frame["equity"] / peaks - 1, atol=1e-15)
    assert frame["drawdown"].max() == 0.0
    assert frame["equity"][-1] == float(result.final_equity)


def test_a_notebook_shows_the_first_rows(result: BacktestResult, limits: BacktestResult) -> None:
    shown = ElementTree.fromstring(result.fills._repr_html_())
    head, *rows = [[cell.text for cell in row] for row in shown.iter("tr")]
    assert head == list(result.fills.columns)
    assert len(rows) == 20 < len(result.fills)
    assert shown.findtext("p") == f"{len(result.fills) - 20} more"
    first = result.fills[0]
    assert rows[0][:2] == [AAPL, f"{first.time:%Y-%m-%d %H:%M:%S}"]
    assert {"BUY", f"{first.price}"} <= set(rows[0])

    orders = ElementTree.fromstring(limits.orders._repr_html_())
    assert len(list(orders.iter("tr"))) == 4
    assert orders.find("p") is None


def test_a_table_is_still_a_list(result: BacktestResult) -> None:
    assert result.trades[:2] == list(result.trades)[:2]
    assert isinstance(result.orders, list)

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from domain.backtests import backtest
from domain.errors import InvalidRequest
from domain.strategies import Bar, Context, Strategy
from tests.builders import AAPL, a_walk, an_instrument
from tests.unit.domain.backtests.strategies import SmaCross

WALK = a_walk(400, seed=11)
COLUMNS = {
    "time": WALK.ts, "open": WALK.open, "high": WALK.high, "low": WALK.low,
    "close": WALK.close, "volume": WALK.volume,
}  # fmt: skip

AROUND_THE_CLOCK = an_instrument(AAPL, timezone="UTC", session_open=time(0), session_close=time(0))


def test_ten_lines_are_enough() -> None:
    result = backtest(SmaCross(fast=3, slow=9), COLUMNS, cash=50_000)
    assert result.fill_count == len(result.fills) > 10
    assert result.trades[0].entry_time < result.trades[0].exit_time
    assert result.statistics.trade_count == len(result.trades)
    assert len(result.equity) == 400
    assert result.cash == Decimal(50_000)


def test_a_polars_frame_gives_the_same_result() -> None:
    frame = pl.DataFrame(COLUMNS).with_columns(
        pl.col("time").cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    )
    shouting = frame.rename({name: name.upper() for name in frame.columns})
    expected = backtest(SmaCross(), COLUMNS).result_hash
    assert backtest(SmaCross(), frame).result_hash == expected
    assert backtest(SmaCross(), shouting).result_hash == expected


def test_a_frame_with_its_times_in_the_index_gives_the_same_result() -> None:
    class Frame:
        """As pandas looks from here: columns by name, an index."""

        def __init__(self) -> None:
            self.columns = ["Open", "High", "Low", "Close", "Volume"]
            self.index = WALK.ts.astype("datetime64[ns]")

        def __getitem__(self, name: str) -> object:
            return SimpleNamespace(to_numpy=lambda: COLUMNS[name.lower()])

    assert backtest(SmaCross(), Frame()).result_hash == backtest(SmaCross(), COLUMNS).result_hash


def test_several_instruments_are_a_mapping_of_ids() -> None:
    seen: set[str] = set()

    class Listener(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            seen.add(bar.instrument_id)

    backtest(Listener(), {"AAPL.XNAS": COLUMNS, "MSFT.XNAS": COLUMNS})
    assert seen == {"AAPL.XNAS", "MSFT.XNAS"}


def test_a_bare_symbol_is_understood_with_the_instrument_given() -> None:
    result = backtest(SmaCross(AAPL), {"AAPL": COLUMNS}, instruments=an_instrument())
    assert result.fills[0].instrument_id == AAPL


def test_python_datetimes_and_missing_volume_will_do() -> None:
    times = [datetime(2014, 6, 9, tzinfo=UTC) + timedelta(days=n) for n in range(400)]
    data = {**COLUMNS, "time": np.array(times, object)}
    del data["volume"]
    assert backtest(SmaCross(), data).bar_count == 400
    naive = {**data, "time": np.array([one.replace(tzinfo=None) for one in times], object)}
    assert backtest(SmaCross(), naive).result_hash == backtest(SmaCross(), data).result_hash


def test_plain_dates_are_sessions() -> None:
    dates = np.datetime64("2014-06-09") + np.arange(400)
    result = backtest(SmaCross(), {**COLUMNS, "time": dates})
    opened, closed = result.fills[0].time, result.equity.ts[0]
    assert (opened.hour, opened.minute) == (13, 30)  # the next session's open in New York
    assert np.datetime64(int(closed), "ns") == np.datetime64("2014-06-09T20:00")
    coin = backtest(SmaCross(), {AAPL: {**COLUMNS, "time": dates}}, instruments=AROUND_THE_CLOCK)
    assert np.datetime64(int(coin.equity.ts[0]), "ns") == np.datetime64("2014-06-10")


@pytest.mark.parametrize("name", ["session", "date", "Timestamp", "datetime", "TIME", "close_time"])
def test_the_time_goes_by_many_names(name: str) -> None:
    dates = np.datetime64("2014-06-09") + np.arange(400)
    expected = backtest(SmaCross(), {**COLUMNS, "time": dates}).result_hash
    data = {key: one for key, one in COLUMNS.items() if key != "time"} | {name: dates}
    assert backtest(SmaCross(), data).result_hash == expected


def test_text_will_do_as_a_csv_reader_leaves_it() -> None:
    dates = np.datetime64("2014-06-09") + np.arange(400)
    expected = backtest(SmaCross(), {**COLUMNS, "time": dates})
    for frame in (pl.DataFrame, pd.DataFrame):
        as_text = frame({**COLUMNS, "time": dates.astype(str)})
        assert backtest(SmaCross(), as_text).result_hash == expected.result_hash
    with_zone = {**COLUMNS, "time": np.datetime_as_string(WALK.ts.astype("M8[ns]"), "s")}
    with_zone["time"] = np.array([f"{one}+00:00" for one in with_zone["time"]])
    assert backtest(SmaCross(), with_zone).fill_count == backtest(SmaCross(), COLUMNS).fill_count


def test_pandas_keeps_its_times_in_a_column_or_in_the_index() -> None:
    frame = pd.DataFrame(COLUMNS).assign(time=pd.to_datetime(WALK.ts, utc=True))
    expected = backtest(SmaCross(), COLUMNS).result_hash
    assert backtest(SmaCross(), frame).result_hash == expected
    assert backtest(SmaCross(), frame.set_index("time")).result_hash == expected


def test_a_query_of_duckdb_will_do() -> None:
    file = Path(__file__).resolve().parents[4] / "adapters/sample_data/bars/IBM.XNYS.parquet"
    query = duckdb.sql(f"FROM '{file}'")
    expected = backtest(SmaCross(), query.fetchnumpy())
    assert backtest(SmaCross(), duckdb.sql(f"FROM '{file}'")).result_hash == expected.result_hash
    assert expected.bar_count == 3270


def test_the_bars_stay_at_hand() -> None:
    result = backtest(SmaCross(), COLUMNS)
    assert list(result.bars) == [AAPL]
    assert result.bars[AAPL].close.tolist() == WALK.close.tolist()


@pytest.mark.parametrize("name", ["open_ts", "open_time", "Open_Time"])
def test_an_open_time_may_be_given(name: str) -> None:
    data = {**COLUMNS, name: WALK.open_ts}
    assert backtest(SmaCross(), data).result_hash == backtest(SmaCross(), COLUMNS).result_hash


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"close": None}, "MISSING_COLUMN", "close"),
        ({"time": None}, "MISSING_COLUMN", "time"),
        ({"high": np.full(400, "x")}, "NOT_A_NUMBER", "high"),
        ({"high": np.full(400, 1.0)}, "HIGH_BELOW_LOW", "high"),
        ({"time": np.linspace(0, 1, 400)}, "NOT_A_TIME", "time"),
        ({"time": np.full(400, "2014")}, "NOT_A_TIME", "time"),
        ({"time": np.full(400, np.datetime64("NaT", "ns"))}, "NOT_A_TIME", "time"),
        ({"time": WALK.ts[::-1]}, "UNSORTED_TIME", "ts"),
        ({"volume": WALK.volume[:-1]}, "LENGTHS_DIFFER", "ts"),
    ],
)
def test_data_that_cannot_be_bars_is_refused_with_the_field(
    change: dict[str, object], reason: str, field: str
) -> None:
    data = {name: one for name, one in {**COLUMNS, **change}.items() if one is not None}
    strategy, data = (SmaCross(), data) if "close" in data else (SmaCross(), {AAPL: data})
    with pytest.raises(InvalidRequest) as refusal:
        backtest(strategy, data)
    assert refusal.value.reason == reason
    assert list(refusal.value.violations) == [field]


@pytest.mark.parametrize(
    ("data", "reason", "field"),
    [
        (None, "NOT_A_FRAME", "data"),
        ("aapl.csv", "NOT_A_FRAME", "data"),
        ([COLUMNS], "NOT_A_FRAME", "data"),
        (np.ones((5, 5)), "NOT_A_FRAME", "data"),
        (pl.DataFrame, "NOT_A_FRAME", "data"),
        ({"AAPL": "aapl.csv"}, "NOT_A_FRAME", "data"),
        ({**COLUMNS, "close": 1.0}, "NOT_A_COLUMN", "close"),
        ({**COLUMNS, "close": np.ones((400, 2))}, "NOT_A_COLUMN", "close"),
        ({**COLUMNS, "close": [[1.0], [1.0, 2.0]]}, "NOT_A_COLUMN", "close"),
        ({**COLUMNS, "close": np.full(400, 1j)}, "NOT_A_NUMBER", "close"),
        ({**COLUMNS, "time": np.full(400, True)}, "NOT_A_TIME", "time"),
        ({**COLUMNS, "time": np.full(400, "3000-01-01")}, "TIME_OUT_OF_RANGE", "time"),
        ({**COLUMNS, "time": np.full(400, np.datetime64("3000"))}, "TIME_OUT_OF_RANGE", "time"),
        ({**COLUMNS, "time": np.full(400, 2**64 - 1, np.uint64)}, "TIME_OUT_OF_RANGE", "time"),
        (pd.DataFrame(COLUMNS).drop(columns="time"), "MISSING_COLUMN", "time"),
    ],
)
def test_what_is_no_frame_of_bars_is_refused_with_the_field(
    data: object, reason: str, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        backtest(SmaCross(), data)
    assert refusal.value.reason == reason
    assert list(refusal.value.violations) == [field]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"strategy": SmaCross}, "strategy"),
        ({"strategy": "sma-cross"}, "strategy"),
        ({"cash": "much"}, "cash"),
        ({"cash": None}, "cash"),
        ({"cash": -1}, "cash"),
        ({"cash": Decimal("NaN")}, "cash"),
        ({"instruments": "AAPL"}, "instruments"),
        ({"fees": 3}, "fees"),
        ({"limits": 3}, "limits"),
    ],
)
def test_what_cannot_be_tested_is_refused_with_the_field(
    options: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        backtest(**{"strategy": SmaCross(), "data": COLUMNS} | options)
    assert list(refusal.value.violations) == [field]


def test_who_gives_the_class_is_told_to_make_one_of_it() -> None:
    with pytest.raises(InvalidRequest, match=r"is the class SmaCross: make one of it, SmaCross"):
        backtest(SmaCross, COLUMNS)


def test_a_query_of_polars_is_asked() -> None:
    expected = backtest(SmaCross(), COLUMNS).result_hash
    assert backtest(SmaCross(), pl.DataFrame(COLUMNS).lazy()).result_hash == expected


def test_no_rows_are_no_bars() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        backtest(SmaCross(), {name: one[:0] for name, one in COLUMNS.items()})
    assert refusal.value.reason == "NO_BARS"

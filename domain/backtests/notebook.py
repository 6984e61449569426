"""A backtest in one call, for notebooks: no service, no store, no file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.backtests.engine import BacktestSpec, run_backtest
from domain.backtests.result import BacktestResult
from domain.errors import invalid
from domain.instruments import Instrument, Instruments
from domain.market_data.columns import BarColumns, bar_columns
from domain.orders.risk import RiskLimits
from domain.simulation.fees import Fees
from domain.strategies.strategy import Strategy
from domain.values import money_to_int

_TIMES = ("ts", "time", "close_time", "timestamp", "datetime", "date", "session")
_OPEN_TIMES = ("open_ts", "open_time")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400 * 1_000_000_000
_PRICES = ("open", "high", "low", "close")


def backtest(
    strategy: Strategy,
    data: Any,
    *,
    instruments: Instrument | Sequence[Instrument] | None = None,
    cash: int | Decimal = 100_000,
    limits: RiskLimits | None = None,
    fees: Fees | None = None,
    periods_per_year: int | None = None,
) -> BacktestResult:
    """Test a strategy over a frame or numpy columns of bars.

        from domain.backtests import backtest
        from domain.strategies import SMA, Bar, Context, Strategy

        frame = polars.read_csv("aapl.csv")
        result = backtest(SmaCross(instrument_id="AAPL.XNAS", quantity=100), frame)
        print(result, result.trades[:3])
        polars.DataFrame(result.fills.columns)
        result.plot()

    `data` is a Polars or pandas frame, a DuckDB relation, or a mapping of numpy columns, with the
    columns time, open, high, low, close and, if there is one, volume, in any case. The time column
    (also ts, close_time, timestamp, datetime, date or session; in pandas the index will do) says
    when a bar closed, as datetimes or ISO 8601 text (without a zone: UTC) or integer nanoseconds. A
    column open_time (or open_ts) may say when it opened. Without one, times that are all midnight
    are dates, and each bar is the session of its date; other bars opened when the one before
    closed. What `trademesh data export` writes is understood as it is. For several instruments
    give a mapping of instrument ids to such data.

    Without `instruments` each id is taken for a US share with a tick of 0.01. The result has
    `orders`, `fills`, `trades`, `equity`, `statistics`, `open_positions`, `bars`, `plot()` and
    `result_hash`. Orders fill from the next bar on, market orders at its open, without fees unless
    given.

    Raises InvalidRequest for data that cannot be bars (BadBar names the row) and StrategyFailed
    when the strategy does.
    """
    by_id = _by_instrument(strategy, data, instruments)
    known = _instruments(by_id, instruments)
    spec = BacktestSpec(
        strategy,
        known,
        money_to_int(Decimal(cash), "cash"),
        limits or RiskLimits(),
        fees,
        periods_per_year=periods_per_year,
    )
    bars = {name: _columns(frame, known[name]) for name, frame in by_id.items()}
    result = run_backtest(spec, {name: [columns] for name, columns in bars.items()})
    result.bars = bars
    return result


def _by_instrument(
    strategy: Strategy, data: Any, instruments: Instrument | Sequence[Instrument] | None
) -> dict[str, Any]:
    """The data by full instrument id."""
    if isinstance(data, Mapping) and not any(str(name).lower() == "close" for name in data):
        return {_full(str(name), instruments): frame for name, frame in data.items()}
    if isinstance(instruments, Instrument):
        return {instruments.instrument_id: data}
    name = getattr(strategy, "instrument_id", "") or "DATA"
    return {_full(str(name), instruments): data}


def _full(name: str, instruments: Instrument | Sequence[Instrument] | None) -> str:
    if instruments is None:
        return name
    given = [instruments] if isinstance(instruments, Instrument) else instruments
    return Instruments(given).resolve(name).instrument_id


def _instruments(
    by_id: Mapping[str, Any], instruments: Instrument | Sequence[Instrument] | None
) -> Instruments:
    if isinstance(instruments, Instrument):
        return Instruments([instruments])
    if instruments is not None:
        return Instruments(instruments)
    parts = {name: name.partition(".") for name in by_id}
    return Instruments(
        Instrument(name, symbol, venue or "XNAS") for name, (symbol, _, venue) in parts.items()
    )


def _columns(data: Any, instrument: Instrument) -> BarColumns:
    """Checked columns from anything that gives columns by name."""
    if hasattr(data, "fetchnumpy"):  # a query of DuckDB that has not been asked yet
        data = data.fetchnumpy()
    names = {str(name).lower(): name for name in getattr(data, "columns", data)}
    missing = [name for name in _PRICES if name not in names]
    if missing:
        raise invalid(missing[0], "there is no such column", reason="MISSING_COLUMN")
    ts = _nanoseconds(_times(data, names))
    opened = next((names[one] for one in _OPEN_TIMES if one in names), None)
    if opened is not None:
        open_ts = _nanoseconds(_array(data, opened))
    elif len(ts) and not (ts % _DAY).any():
        open_ts, ts = _sessions(ts, instrument)
    else:
        open_ts = _opens(ts)
    values = {name: _numbers(_array(data, names[name]), name) for name in _PRICES}
    has_volume = "volume" in names
    return bar_columns(
        ts,
        open_ts,
        **values,
        volume=_numbers(_array(data, names["volume"]), "volume") if has_volume else ts * 0.0,
        price_decimals=instrument.price_decimals,
    )


def _times(data: Any, names: Mapping[str, Any]) -> NDArray[Any]:
    for name in _TIMES:
        if name in names:
            return _array(data, names[name])
    if hasattr(data, "index") and not isinstance(data, Mapping):
        return np.asarray(data.index)
    raise invalid("time", "there is no such column", reason="MISSING_COLUMN")


def _array(data: Any, name: Any) -> NDArray[Any]:
    column = data[name]
    return np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column)


def _numbers(column: NDArray[Any], name: str) -> NDArray[np.float64]:
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise invalid(
            name, f"is not a number everywhere: {error}", reason="NOT_A_NUMBER"
        ) from error


def _nanoseconds(times: NDArray[Any]) -> NDArray[np.int64]:
    if times.dtype.kind == "M":
        if np.isnat(times).any():
            raise invalid("time", "is missing in some row", reason="NOT_A_TIME")
        return times.astype("datetime64[ns]").astype(np.int64)
    if times.dtype.kind in "iu":
        return times.astype(np.int64)
    if times.dtype.kind in "OU":
        return np.array([_nanosecond(one) for one in times.tolist()], np.int64)
    raise invalid("time", "is no datetimes, text or integer nanoseconds", reason="NOT_A_TIME")


def _nanosecond(time: object) -> int:
    if isinstance(time, str):
        time = _read(time)
    if isinstance(time, datetime):
        moment = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    if isinstance(time, date):
        return (datetime(time.year, time.month, time.day, tzinfo=UTC) - _EPOCH).days * _DAY
    raise invalid("time", f"{time!r} is not a datetime", reason="NOT_A_TIME")


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("time", f"{text!r} is not a time", reason="NOT_A_TIME") from error


def _sessions(
    midnights: NDArray[np.int64], instrument: Instrument
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Open and close of the session of each date."""
    days = [date.fromordinal(_EPOCH.toordinal() + day) for day in (midnights // _DAY).tolist()]
    opens = [instrument.session_open_of(day) for day in days]
    closes = [instrument.session_close_after(ts) for ts in opens]
    return np.array(opens, np.int64), np.array(closes, np.int64)


def _opens(ts: NDArray[np.int64]) -> NDArray[np.int64]:
    """When each bar opened, for all we know: when the one before closed."""
    if len(ts) < 2:
        return ts - 1
    first_span = max(1, abs(int(ts[1]) - int(ts[0])))
    return np.concatenate([[ts[0] - first_span], ts[:-1]])

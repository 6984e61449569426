"""A backtest in one call, for notebooks: no service, no store, no file."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.backtests.engine import BacktestSpec, run_backtest
from domain.backtests.frames import bars_of
from domain.backtests.result import BacktestResult
from domain.errors import invalid
from domain.instruments import Instrument, Instruments
from domain.orders.risk import RiskLimits
from domain.orders.risk.limits import Limits, Scope, check_limits
from domain.simulation.fees import Fees
from domain.strategies.strategy import Strategy
from domain.values import money_to_int


def backtest(
    strategy: Strategy,
    data: Any,
    *,
    instruments: Instrument | Sequence[Instrument] | None = None,
    cash: int | Decimal = 100_000,
    limits: RiskLimits | None = None,
    risk: Limits | None = None,
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

    `data` is a Polars, pandas or Arrow frame, a DuckDB query, or a mapping of columns, with the
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
    given. `risk` is what its orders may not pass, as docs/risk.md has it.

    Raises InvalidRequest for what cannot be, with the field at fault (BadBar names the row), and
    StrategyFailed when the strategy does.
    """
    _check("strategy", strategy, Strategy)
    _check("limits", limits or RiskLimits(), RiskLimits)
    _check("risk", risk or Limits(), Limits)
    check_limits(Scope(), risk or Limits())
    _check("fees", fees or Fees(), Fees)
    given = [instruments] if isinstance(instruments, Instrument) else instruments or ()
    for one in given:
        _check("instruments", one, Instrument)
    by_id = _by_instrument(strategy, data, instruments)
    known = _instruments(by_id, instruments)
    spec = BacktestSpec(
        strategy,
        known,
        _cash(cash),
        limits or RiskLimits(),
        fees,
        periods_per_year=periods_per_year,
        risk=risk,
    )
    bars = {name: bars_of(frame, known[name]) for name, frame in by_id.items()}
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


def _cash(cash: int | Decimal) -> int:
    try:
        scaled = money_to_int(Decimal(cash), "cash")
    except (TypeError, ValueError, InvalidOperation) as error:
        raise invalid("cash", f"{cash!r} is not a number", reason="NOT_A_DECIMAL") from error
    if scaled <= 0:
        raise invalid("cash", "must be above zero", reason="NOT_POSITIVE")
    return scaled


def _check(field: str, value: object, kind: type) -> None:
    if isinstance(value, type):
        name = value.__name__
        raise invalid(field, f"is the class {name}: make one of it, {name}(…)")
    if not isinstance(value, kind):
        raise invalid(field, f"must be a {kind.__name__}, not {value!r}")

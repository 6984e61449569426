"""What strategy authors and notebooks may import: changing it is a decision, not an accident."""

import subprocess
import sys

import domain.backtests
import domain.strategies


def test_what_a_strategy_author_gets() -> None:
    assert sorted(domain.strategies.__all__) == [
        "ADX", "ADXR", "APO", "ATR", "AccelerationBands", "AccumulationDistribution", "Aroon",
        "AwesomeOscillator", "BalanceOfPower", "Bar", "Beta", "BollingerBands", "Bracket", "CCI",
        "CMO", "ChaikinMoneyFlow", "ChaikinOscillator", "Context", "DEMA", "Donchian", "EMA",
        "Fill", "HMA", "IntradayMomentum", "KAMA", "Keltner", "LinearRegression", "MACD", "MFI",
        "MeanDeviation", "MidPoint", "Momentum", "NATR", "OBV", "OrderState", "OrderType",
        "OrderView", "PPO", "ParabolicSAR", "Quote", "ROC", "RSI", "SMA", "Side", "StdDev",
        "Stochastic", "StochasticRSI", "Strategy", "Supertrend", "T3", "TEMA", "TRIMA", "TRIX",
        "TimeInForce", "Trade", "TrueRange", "UltimateOscillator", "VWMA", "Variance", "Vortex",
        "WMA", "WilliamsR",
    ]  # fmt: skip


def test_what_a_notebook_gets() -> None:
    assert sorted(domain.backtests.__all__) == [
        "BacktestCanceled", "BacktestResult", "BacktestSpec", "Checkpoint", "EquityCurve",
        "Figure", "OpenPosition", "Statistics", "Table", "backtest", "run_backtest",
    ]  # fmt: skip


def test_everything_named_is_there_and_documented() -> None:
    for package in (domain.strategies, domain.backtests):
        for name in package.__all__:
            assert getattr(package, name).__doc__


def public(thing: type) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_what_a_strategy_may_override_and_ask() -> None:
    assert public(domain.strategies.Strategy) == {
        "on_start", "on_bar", "on_quote", "on_trade", "on_fill", "on_order",
        "on_parameters", "on_stop",
    }  # fmt: skip
    assert public(domain.strategies.Context) == {
        "buy", "sell", "bracket", "oco", "cancel", "position", "cash", "equity", "buying_power",
        "time", "working_orders", "to_tick", "log",
    }  # fmt: skip


def test_the_core_pulls_in_nothing_heavy() -> None:
    code = (
        "import sys, domain.backtests, domain.strategies;"
        "print([m for m in ('pandas', 'polars', 'asyncio', 'grpc', 'sqlalchemy', 'numba', 'socket')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

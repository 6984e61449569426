"""Each indicator against TA-Lib, from the first value on: walks, real bars, calm and short ones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import domain.strategies.indicators as ours
from domain.strategies.indicators import (
    ADX,
    ADXR,
    APO,
    ATR,
    CCI,
    CMO,
    DEMA,
    EMA,
    HMA,
    KAMA,
    MACD,
    MFI,
    NATR,
    OBV,
    PPO,
    ROC,
    RSI,
    SMA,
    T3,
    TEMA,
    TRIMA,
    TRIX,
    VWMA,
    WMA,
    AccelerationBands,
    AccumulationDistribution,
    Aroon,
    AwesomeOscillator,
    BalanceOfPower,
    Beta,
    BollingerBands,
    ChaikinMoneyFlow,
    ChaikinOscillator,
    Donchian,
    IntradayMomentum,
    Keltner,
    LinearRegression,
    MeanDeviation,
    MidPoint,
    Momentum,
    ParabolicSAR,
    StdDev,
    Stochastic,
    StochasticRSI,
    Supertrend,
    TrueRange,
    UltimateOscillator,
    Variance,
    Vortex,
    WilliamsR,
)

ROOT = Path(__file__).resolve().parents[4]
NAMES = ("open", "high", "low", "close", "volume")

Series = dict[str, np.ndarray]


@dataclass(frozen=True)
class Peer:
    """An indicator of ours, and the calls of TA-Lib whose values its attributes have."""

    make: Callable[[], Any]
    takes: tuple[str, ...]
    calls: dict[tuple[str, ...], tuple[str, dict[str, float]]]

    def __str__(self) -> str:
        return f"{type(self.make()).__name__}-{self.make().warm_up}"


CLOSE, RANGE, BAR = ("close",), ("high", "low"), ("high", "low", "close")
FLOW = ("high", "low", "close", "volume")


def one(make: Callable[[], Any], takes: tuple[str, ...], call: str, **options: float) -> Peer:
    return Peer(make, takes, {("value",): (call, options)})


def averages(period: int) -> list[Peer]:
    pairs = [
        (SMA, "SMA"), (EMA, "EMA"), (WMA, "WMA"), (TRIMA, "TRIMA"), (DEMA, "DEMA"),
        (TEMA, "TEMA"), (KAMA, "KAMA"), (RSI, "RSI"), (Momentum, "MOM"), (ROC, "ROC"),
        (CMO, "CMO"), (TRIX, "TRIX"), (StdDev, "STDDEV"), (Variance, "VAR"), (HMA, "HMA"),
        (MeanDeviation, "AVGDEV"), (MidPoint, "MIDPOINT"), (T3, "T3"),
    ]  # fmt: skip
    return [
        one(lambda kind=kind: kind(period), CLOSE, call, timeperiod=period) for kind, call in pairs
    ]


def ranges(period: int) -> list[Peer]:
    pairs = [(ATR, "ATR"), (NATR, "NATR"), (CCI, "CCI"), (WilliamsR, "WILLR"), (ADXR, "ADXR")]
    return [
        *(
            one(lambda kind=kind: kind(period), BAR, call, timeperiod=period)
            for kind, call in pairs
        ),
        one(lambda: MFI(period), FLOW, "MFI", timeperiod=period),
        one(lambda: ChaikinMoneyFlow(period), FLOW, "CMF", timeperiod=period),
        one(lambda: VWMA(period), ("close", "volume"), "VWMA", timeperiod=period),
        one(lambda: IntradayMomentum(period), ("open", "close"), "IMI", timeperiod=period),
        # Of fewer moves that are nearly the same TA-Lib's own sums leave too few digits.
        one(lambda: Beta(period + 3), RANGE, "BETA", timeperiod=period + 3),
        Peer(lambda: Vortex(period), BAR, {("value", "minus"): ("VORTEX", {"timeperiod": period})}),
        Peer(
            lambda: AccelerationBands(period),
            BAR,
            {("upper", "value", "lower"): ("ACCBANDS", {"timeperiod": period})},
        ),
        Peer(
            lambda: Supertrend(period, 1.5),
            BAR,
            {("value", "trend"): ("SUPERTREND", {"timeperiod": period, "multiplier": 1.5})},
        ),
        *(
            Peer(
                lambda reach=reach: Keltner(period, reach, 1.5),
                BAR,
                {
                    ("upper", "value", "lower"): (
                        "KC",
                        {"timeperiod": period, "atrperiod": reach, "nbdev": 1.5},
                    )
                },
            )
            for reach in (2, 10)
        ),
        Peer(
            lambda: ADX(period),
            BAR,
            {
                ("value",): ("ADX", {"timeperiod": period}),
                ("plus_di",): ("PLUS_DI", {"timeperiod": period}),
                ("minus_di",): ("MINUS_DI", {"timeperiod": period}),
            },
        ),
        Peer(
            lambda: Aroon(period),
            RANGE,
            {
                ("down", "up"): ("AROON", {"timeperiod": period}),
                ("value",): ("AROONOSC", {"timeperiod": period}),
            },
        ),
        Peer(
            lambda: Donchian(period),
            RANGE,
            {("value",): ("MIDPRICE", {"timeperiod": period})},
        ),
    ]


def several(period: int) -> list[Peer]:
    bands = {"timeperiod": period, "nbdevup": 2.5, "nbdevdn": 2.5}
    return [
        Peer(
            lambda: BollingerBands(period, 2.5),
            CLOSE,
            {("upper", "value", "lower"): ("BBANDS", bands)},
        ),
        Peer(
            lambda: LinearRegression(period),
            CLOSE,
            {
                ("value",): ("LINEARREG", {"timeperiod": period}),
                ("slope",): ("LINEARREG_SLOPE", {"timeperiod": period}),
                ("forecast",): ("TSF", {"timeperiod": period}),
            },
        ),
        Peer(
            lambda: MACD(period, 2 * period, 5),
            CLOSE,
            {
                ("value", "signal", "histogram"): (
                    "MACD",
                    {"fastperiod": period, "slowperiod": 2 * period, "signalperiod": 5},
                )
            },
        ),
        Peer(
            lambda: Stochastic(period, 3, 4),
            BAR,
            {
                ("value", "signal"): (
                    "STOCH",
                    {"fastk_period": period, "slowk_period": 3, "slowd_period": 4},
                )
            },
        ),
        Peer(
            lambda: StochasticRSI(period, 5, 3),
            CLOSE,
            {
                ("value", "signal"): (
                    "STOCHRSI",
                    {"timeperiod": period, "fastk_period": 5, "fastd_period": 3},
                )
            },
        ),
        *(
            one(
                lambda kind=kind: kind(period, 2 * period),
                takes,
                call,
                fastperiod=period,
                slowperiod=2 * period,
                **more,
            )
            for kind, takes, call, more in (
                (APO, CLOSE, "APO", {"matype": 1}),
                (PPO, CLOSE, "PPO", {"matype": 1}),
                (AwesomeOscillator, RANGE, "AO", {}),
                (ChaikinOscillator, FLOW, "ADOSC", {}),
            )
        ),
        one(
            lambda: UltimateOscillator(period, 2 * period, 3 * period),
            BAR,
            "ULTOSC",
            timeperiod1=period,
            timeperiod2=2 * period,
            timeperiod3=3 * period,
        ),
    ]


WITHOUT_PERIOD = [
    one(OBV, ("close", "volume"), "OBV"),
    one(AccumulationDistribution, FLOW, "AD"),
    one(TrueRange, BAR, "TRANGE"),
    one(BalanceOfPower, ("open", "high", "low", "close"), "BOP"),
    one(ParabolicSAR, RANGE, "SAR", acceleration=0.02, maximum=0.2),
    one(lambda: ParabolicSAR(0.05, 0.11), RANGE, "SAR", acceleration=0.05, maximum=0.11),
]
PEERS = [
    peer
    for period in (2, 5, 14, 33)
    for peer in averages(period) + ranges(period) + several(period)
] + WITHOUT_PERIOD


@pytest.fixture(scope="module")
def talib() -> ModuleType:
    """Imported late: it takes seconds, and only this page needs it."""
    import talib

    return talib


def walk(count: int, seed: int, start: float = 100.0, step: float = 0.02) -> Series:
    """Bars in cents whose closes walk by about `step` of their price."""
    rng = np.random.default_rng(seed)
    close = start * np.exp(np.cumsum(rng.normal(0, step, count)))
    opened = close * np.exp(rng.normal(0, step / 2, count))
    reach = np.abs(rng.normal(0, step, (2, count)))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + reach[0]),
        "low": np.minimum(opened, close) * (1 - reach[1]),
        "close": close,
    }
    rounded = {name: np.maximum(np.round(column, 2), 0.01) for name, column in columns.items()}
    return rounded | {"volume": np.round(rng.uniform(1e3, 1e6, count))}


def aapl() -> Series:
    file = ROOT / "adapters/sample_data/bars/AAPL.XNAS.parquet"
    columns = duckdb.sql(f"SELECT * FROM '{file}' ORDER BY session").fetchnumpy()
    return {name: np.asarray(columns[name], np.float64) for name in NAMES}


def level(count: int) -> Series:
    """Nothing moves at all."""
    return {name: np.full(count, 42.17) for name in NAMES[:4]} | {"volume": np.full(count, 1e4)}


def check(talib: ModuleType, peer: Peer, series: Series) -> None:
    """Both have their first value at the same bar, and equal ones from there to the end."""
    columns = [series[name] for name in peer.takes]
    names = [name for attributes in peer.calls for name in attributes]
    indicator = peer.make()
    rows = []
    for row in zip(*(column.tolist() for column in columns), strict=True):
        returned = indicator.update(*row)
        assert returned == indicator.value
        rows.append([getattr(indicator, name) for name in names])
    found = dict(zip(names, np.array(rows, np.float64).T, strict=True))
    for attributes, (call, options) in peer.calls.items():
        expected = getattr(talib, call)(*columns, **options)
        for name, values in zip(
            attributes, expected if isinstance(expected, tuple) else [expected], strict=True
        ):
            near = 1e-12 * max(100.0, float(np.max(columns[0])))  # for those that cross zero
            np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=near, err_msg=name)


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_on_walks(peer: Peer, talib: ModuleType) -> None:
    for seed, start in ((1, 100.0), (2, 3.0), (3, 40_000.0)):
        check(talib, peer, walk(600, seed, start))


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_on_thirteen_years_of_apple(peer: Peer, talib: ModuleType) -> None:
    check(talib, peer, aapl())


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_on_every_short_series(peer: Peer, talib: ModuleType) -> None:
    series = walk(130, 4)
    warm_up = peer.make().warm_up
    for count in {1, 2, 3, warm_up - 1, warm_up, warm_up + 1} - {0}:
        check(talib, peer, {name: column[:count] for name, column in series.items()})


@pytest.mark.parametrize(
    "peer", [peer for peer in PEERS if not isinstance(peer.make(), RSI)], ids=str
)
def test_where_nothing_moves(peer: Peer, talib: ModuleType) -> None:
    check(talib, peer, level(150))


def test_where_nothing_moves_our_rsi_takes_no_side(talib: ModuleType) -> None:
    still = level(20)["close"]
    rsi = RSI(14)
    assert [rsi.update(price) for price in still.tolist()][14:] == [50.0] * 6
    assert talib.RSI(still, 14)[14:].tolist() == [0.0] * 6


@st.composite
def bars(draw: st.DrawFn) -> Series:
    """Bars of any shape: each has a close that differs from the last, and some reach."""
    closes = [draw(st.integers(100, 10**6))]
    for move in draw(st.lists(st.integers(-900, 900).filter(bool), min_size=1, max_size=60)):
        closes.append(max(1, closes[-1] + closes[-1] * move // 10_000 + (1, -1)[move < 0]))
    reach = [draw(st.tuples(st.integers(0, 50), st.integers(0, 50))) for _ in closes]
    close = np.array(closes) / 100
    up, down = np.array(reach).T
    high = np.array(closes) + up
    low = np.maximum(np.array(closes) - down, 1)
    volume = np.array([draw(st.integers(100, 10**7)) for _ in closes], np.float64)
    return {"open": close, "high": high / 100, "low": low / 100, "close": close, "volume": volume}


@settings(max_examples=40)
@given(series=bars(), period=st.integers(2, 9))
def test_on_anything(series: Series, period: int, talib: ModuleType) -> None:
    peers = averages(period) + ranges(period) + several(period)
    for peer in (*peers, *WITHOUT_PERIOD):
        check(talib, peer, series)


def test_every_indicator_has_its_peer() -> None:
    assert {type(peer.make()).__name__ for peer in PEERS} == set(ours.__all__)
    assert len(ours.__all__) == 50

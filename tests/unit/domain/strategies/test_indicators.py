"""Each indicator against an independent recomputation over whole arrays."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from inspect import signature

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.strategies import (
    ADX,
    APO,
    ATR,
    CCI,
    CMO,
    EMA,
    HMA,
    KAMA,
    MACD,
    MFI,
    PPO,
    RSI,
    SMA,
    T3,
    AwesomeOscillator,
    BollingerBands,
    ChaikinOscillator,
    Donchian,
    Keltner,
    LinearRegression,
    Momentum,
    ParabolicSAR,
    StdDev,
    Stochastic,
    StochasticRSI,
    Supertrend,
    UltimateOscillator,
    WilliamsR,
    indicators,
)
from tests.builders import a_walk

prices = st.lists(st.integers(1, 10**9).map(lambda cents: cents / 100), min_size=1, max_size=80)
periods = st.integers(1, 20)

WALK = a_walk(500, seed=3)


def values_of(indicator: object, *columns: np.ndarray) -> list[float | None]:
    return [indicator.update(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


@given(prices, periods)
def test_sma_is_the_correctly_rounded_mean(closes: list[float], period: int) -> None:
    values = values_of(SMA(period), np.array(closes))
    for index, value in enumerate(values):
        if index + 1 < period:
            assert value is None
        else:
            exact = sum(Fraction(repr(c)) for c in closes[index + 1 - period : index + 1]) / period
            assert value == float(exact)


def test_equal_averages_are_equal_whatever_came_before() -> None:
    short, long = SMA(2), SMA(4)
    for value in (1e6, 0.1, 0.3, 0.2, 0.1, 0.3, 0.2, 0.2):
        last = short.update(value), long.update(value)
    assert last[0] == last[1] == 0.2


def test_sma_equals_the_numpy_column_bit_for_bit() -> None:
    ticks = np.rint(WALK.close * 100).astype(np.int64)
    sums = np.convolve(ticks, np.ones(30, np.int64), "valid")
    assert values_of(SMA(30), WALK.close)[29:] == (sums / 3000).tolist()


def test_ema_begins_with_the_mean_and_then_weighs() -> None:
    period = 10
    expected = [float(np.mean(WALK.close[:period]))]
    for close in WALK.close[period:]:
        expected.append(expected[-1] + 2 / (period + 1) * (close - expected[-1]))
    values = values_of(EMA(period), WALK.close)
    assert values[: period - 1] == [None] * (period - 1)
    np.testing.assert_allclose(values[period - 1 :], expected, rtol=1e-12)


def wilder(series: np.ndarray, period: int) -> np.ndarray:
    """Wilder's smoothing as a weighted sum over all of the past."""
    out = []
    for end in range(period, len(series) + 1):
        rest = series[period:end]
        decay = (1 - 1 / period) ** np.arange(len(rest), -1, -1)
        weights = np.concatenate([[1.0], np.full(len(rest), 1 / period)])
        out.append(
            float(np.sum(decay * weights * np.concatenate([[series[:period].mean()], rest])))
        )
    return np.array(out)


def test_rsi_is_wilders() -> None:
    change = np.diff(WALK.close)
    gain, loss = wilder(np.maximum(change, 0), 14), wilder(np.maximum(-change, 0), 14)
    values = values_of(RSI(14), WALK.close)
    assert values[:14] == [None] * 14
    np.testing.assert_allclose(values[14:], 100 - 100 / (1 + gain / loss), rtol=1e-9)


@pytest.mark.parametrize(("step", "value"), [(1.0, 100.0), (-1.0, 0.0), (0.0, 50.0)])
def test_rsi_of_a_straight_line(step: float, value: float) -> None:
    rsi = RSI(3)
    assert [rsi.update(100 + step * n) for n in range(5)][3:] == [value, value]


def test_atr_is_wilders_mean_of_true_ranges() -> None:
    high, low, close = WALK.high, WALK.low, WALK.close
    ranges = np.max(
        [high[1:] - low[1:], np.abs(high[1:] - close[:-1]), np.abs(low[1:] - close[:-1])], axis=0
    )
    values = values_of(ATR(14), high, low, close)
    assert values[:14] == [None] * 14
    np.testing.assert_allclose(values[14:], wilder(ranges, 14), rtol=1e-9)


@given(prices, periods)
def test_donchian_is_the_range_of_the_last_bars(closes: list[float], period: int) -> None:
    channel = Donchian(period)
    for index, close in enumerate(closes):
        middle = channel.update(close + 1, close)
        window = closes[max(0, index + 1 - period) : index + 1]
        if len(window) < period:
            assert middle is channel.upper is channel.lower is None
        else:
            assert (channel.upper, channel.lower) == (max(window) + 1, min(window))
            assert middle == (channel.upper + channel.lower) / 2


ALL = [getattr(indicators, name) for name in indicators.__all__]
WITH_PERIOD = [one for one in ALL if "period" in signature(one).parameters]


def fed(indicator: object, count: int) -> list[float | None]:
    """What comes back for a rising series, whatever columns the indicator takes."""
    names = list(signature(indicator.update).parameters)
    offsets = [{"high": 1.0, "low": -1.0}.get(name, 0.0) for name in names]
    return [indicator.update(*(100.0 + n + offset for offset in offsets)) for n in range(count)]


@pytest.mark.parametrize("indicator", ALL)
def test_the_first_value_comes_when_the_warm_up_says(indicator: type) -> None:
    made = indicator() if indicator not in WITH_PERIOD else indicator(period=5)
    values = fed(made, made.warm_up + 5)
    assert values.index(next(v for v in values if v is not None)) == made.warm_up - 1
    assert None not in values[made.warm_up - 1 :]
    assert made.value == values[-1]


@pytest.mark.parametrize("indicator", ALL)
def test_two_of_a_kind_share_nothing(indicator: type) -> None:
    one, other = (
        indicator() if indicator not in WITH_PERIOD else indicator(period=3) for _ in range(2)
    )
    assert fed(one, 60) == fed(other, 60)


@pytest.mark.parametrize("indicator", WITH_PERIOD)
@pytest.mark.parametrize("period", [0, -1, 2.0, "5", True, Decimal(3)])
def test_a_period_is_a_whole_number_above_zero(indicator: type, period: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        indicator(period=period)
    assert list(refused.value.violations) == ["period"]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: MACD(fast=26, slow=26), "fast"),
        (lambda: MACD(slow=0), "slow"),
        (lambda: MACD(signal=0), "signal"),
        (lambda: Stochastic(smooth=0), "smooth"),
        (lambda: Stochastic(signal=1.5), "signal"),
        (lambda: StochasticRSI(window=0), "window"),
        (lambda: StochasticRSI(signal=None), "signal"),
        (lambda: UltimateOscillator(long=0), "long"),
        (lambda: UltimateOscillator(short=True), "short"),
        (lambda: UltimateOscillator(middle=-7), "middle"),
        (lambda: BollingerBands(width=0), "width"),
        (lambda: BollingerBands(width=float("nan")), "width"),
        (lambda: ParabolicSAR(acceleration=-0.1), "acceleration"),
        (lambda: ParabolicSAR(maximum="0.2"), "maximum"),
        (lambda: LinearRegression(1), "period"),
        (lambda: HMA(1), "period"),
        (lambda: T3(5, volume=0.0), "volume"),
        (lambda: APO(26, 26), "fast"),
        (lambda: PPO(slow=0), "slow"),
        (lambda: AwesomeOscillator(0), "fast"),
        (lambda: ChaikinOscillator(10, 3), "fast"),
        (lambda: Keltner(range_period=0), "range_period"),
        (lambda: Keltner(width=-1), "width"),
        (lambda: Supertrend(width=0), "width"),
    ],
)
def test_what_it_cannot_be_made_with_is_named(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make()
    assert list(refused.value.violations) == [field]


@pytest.mark.parametrize("price", [0.01, 42.17, 731.3, 123456.78])
@pytest.mark.parametrize("indicator", [CCI, StdDev, CMO, WilliamsR, Stochastic, ADX, MFI, Momentum])
def test_where_nothing_moves_it_says_nothing(indicator: type, price: float) -> None:
    made = indicator(period=14)
    width = len(signature(made.update).parameters)
    assert {made.update(*[price] * width) for _ in range(60)} == {None, 0.0}


def test_the_adx_stays_where_it_was_while_nothing_moves() -> None:
    index = ADX(2)
    trend = [index.update(high + 1.0, high - 1.0, high) for high in (10.0, 11.0, 12.0, 13.0)]
    assert trend[-1] == 100.0
    high = 13.0
    assert [index.update(high + 1.0, high - 1.0, high) for _ in range(3)] == [100.0] * 3


def test_the_stop_turns_when_it_is_touched_and_begins_at_the_old_extreme() -> None:
    stop = ParabolicSAR()
    for high in (10.0, 11.0, 12.0, 13.0):
        stop.update(high, high - 1.0)
    assert stop.is_long
    below = stop.value
    assert below is not None
    assert stop.update(9.0, 8.0) == 13.0
    assert not stop.is_long


def test_an_efficient_way_makes_the_adaptive_mean_quick() -> None:
    quick, slow = KAMA(4), KAMA(4)
    for n in range(12):
        quick.update(100.0 + n)
        slow.update(100.0 + n % 2)
    assert quick.value is not None
    assert quick.value > 109.0
    assert slow.value == pytest.approx(100.5, abs=0.5)


@given(
    st.lists(
        st.floats(-1e15, 1e15) | st.floats(-1e3, 1e3) | st.sampled_from([1e12, -1e12, 2.5e9]),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 8),
)
def test_the_sma_is_exact_however_large_its_values_are(values: list[float], period: int) -> None:
    average = SMA(period)
    units = [round(value * 1e6) for value in values]
    for index, value in enumerate(values):
        mean = average.update(value)
        if index + 1 >= period:
            assert mean == sum(units[index + 1 - period : index + 1]) / (period * 10**6)

"""Built bars against a recomputation over the whole list at once."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.market_data.bar import Bar
from domain.market_data.bar_builder import BarBuilder, build_bars
from domain.market_data.trade import Trade
from tests.builders import (
    AAPL,
    MINUTE,
    MONDAY_OPEN,
    a_bar,
    a_round_the_clock_instrument,
    an_instrument,
)

SHARE = an_instrument()
SPANS = {"5m": 5 * MINUTE, "30m": 30 * MINUTE, "1h": 60 * MINUTE, "4h": 240 * MINUTE}

trades = st.lists(
    st.tuples(st.integers(0, 40 * MINUTE), st.integers(9_000, 11_000), st.integers(1, 500)),
    min_size=1, max_size=60,
)  # fmt: skip


def as_trades(steps: Sequence[tuple[int, int, int]]) -> list[Trade]:
    ts, made = MONDAY_OPEN, []
    for wait, price, size in steps:
        ts += wait
        made.append(Trade(AAPL, ts, price / 100, float(size)))
    return made


def batch(trades: Sequence[Trade], span: int) -> list[Bar]:
    """Group by span, then look at each group as a whole."""
    groups: dict[int, list[Trade]] = {}
    for one in trades:
        groups.setdefault(one.ts // span, []).append(one)
    return [
        Bar(
            AAPL, (number + 1) * span, number * span, group[0].price,
            max(t.price for t in group), min(t.price for t in group), group[-1].price,
            sum(t.size for t in group),
        )
        for number, group in sorted(groups.items())
    ]  # fmt: skip


def built(builder: BarBuilder, trades: Sequence[Trade]) -> list[Bar]:
    bars = [bar for one in trades if (bar := builder.trade(one)) is not None]
    last = builder.flush()
    return bars if last is None else [*bars, last]


@given(trades, st.sampled_from(sorted(SPANS)))
def test_bars_from_trades_equal_the_batch(
    steps: list[tuple[int, int, int]], timeframe: str
) -> None:
    made = as_trades(steps)
    assert built(BarBuilder(SHARE, timeframe), made) == batch(made, SPANS[timeframe])


@settings(max_examples=50)
@given(trades)
def test_bars_from_shorter_bars_equal_bars_from_the_trades(
    steps: list[tuple[int, int, int]],
) -> None:
    made = as_trades(steps)
    minutes = built(BarBuilder(SHARE, "1m"), made)
    for timeframe in SPANS:
        assert build_bars(SHARE, timeframe, minutes) == built(BarBuilder(SHARE, timeframe), made)
    fives = build_bars(SHARE, "5m", minutes)
    assert build_bars(SHARE, "1h", fives) == build_bars(SHARE, "1h", minutes)


@given(trades, st.integers(0, 60))
def test_a_finished_bar_does_not_depend_on_what_comes_later(
    steps: list[tuple[int, int, int]], cut: int
) -> None:
    made = as_trades(steps)
    early = [bar for one in made[:cut] if (bar := (builder := BarBuilder(SHARE, "5m")).trade(one))]
    assert early == []  # one trade alone finishes nothing
    builder = BarBuilder(SHARE, "5m")
    finished = [bar for one in made[:cut] if (bar := builder.trade(one)) is not None]
    assert built(BarBuilder(SHARE, "5m"), made)[: len(finished)] == finished


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def a_trade(text: str, price: float) -> Trade:
    return Trade(AAPL, at(text), price, 1.0)


def test_a_daily_bar_is_the_session_and_nothing_else() -> None:
    made = [
        a_trade("2014-06-09T12:00:00", 1.0),  # before the open
        a_trade("2014-06-09T13:30:00", 100.0),
        a_trade("2014-06-09T19:59:59", 102.0),
        a_trade("2014-06-09T20:00:00", 9.0),  # after the close
        a_trade("2014-06-10T15:00:00", 101.0),
    ]
    first, second = built(BarBuilder(SHARE, "1d"), made)
    assert first == Bar(
        AAPL, at("2014-06-09T20:00:00"), at("2014-06-09T13:30:00"), 100.0, 102.0, 100.0, 102.0, 2.0
    )
    assert (second.open_ts, second.close) == (at("2014-06-10T13:30:00"), 101.0)


def test_where_it_never_closes_a_day_is_a_day() -> None:
    coin = a_round_the_clock_instrument()
    made = [a_trade("2014-06-09T00:00:00", 1.0), a_trade("2014-06-09T23:59:59", 2.0)]
    (bar,) = built(BarBuilder(coin, "1d"), made)
    assert (bar.open_ts, bar.ts) == (at("2014-06-09T00:00:00"), at("2014-06-10T00:00:00"))
    assert (bar.open, bar.close) == (1.0, 2.0)


def test_what_comes_late_is_refused() -> None:
    builder = BarBuilder(SHARE, "5m")
    builder.bar(a_bar(minute=5))
    with pytest.raises(InvalidRequest) as refusal:
        builder.bar(a_bar(minute=4))
    assert refusal.value.reason == "UNSORTED_TIME"


def test_a_bar_that_reaches_into_the_next_one_is_refused() -> None:
    hour = Bar(AAPL, MONDAY_OPEN + 60 * MINUTE, MONDAY_OPEN, 1.0, 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(InvalidRequest) as refusal:
        BarBuilder(SHARE, "5m").bar(hour)
    assert refusal.value.reason == "BAR_TOO_LONG"


def test_nothing_in_gives_nothing_out() -> None:
    assert build_bars(SHARE, "5m", []) == []


def test_an_unknown_timeframe_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        BarBuilder(SHARE, "7m")
    assert refusal.value.reason == "UNKNOWN_TIMEFRAME"

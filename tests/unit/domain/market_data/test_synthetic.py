"""Synthetic markets: equal for equal seeds, valid in every row, with what was asked for in them."""

import hashlib
import os
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.instruments import Instrument
from domain.market_data.bar_builder import BarBuilder
from domain.market_data.columns import BarColumns, check_bars, join_bars
from domain.market_data.corporate_actions import Dividend, Split
from domain.market_data.imports import Content, SyntheticTerms
from domain.market_data.quote_columns import QuoteColumns, check_quotes
from domain.market_data.sessions import Sessions
from domain.market_data.synthetic.market import SyntheticMarket
from domain.market_data.synthetic.terms import check_synthetic
from domain.market_data.ticks import check_ticks, join_ticks
from domain.market_data.trade import Trade
from domain.market_data.trade_columns import TradeColumns
from tests.builders import winter_sessions

SECOND = 1_000_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
NAME = "DEMO.SYNTHETIC"


def sessions(*minutes: int) -> Sessions:
    return winter_sessions(date(2024, 1, 2), *minutes)


def terms(**fields: Any) -> SyntheticTerms:
    return SyntheticTerms(
        **({"seed": 7, "start_date": date(2024, 1, 2), "session_count": 3} | fields)
    )


def bars_of(wanted: SyntheticTerms, timeframe: str = "1m", **of: Any) -> BarColumns:
    market = of.get("market") or market_of(wanted)
    return join_bars(list(market.pieces(Content.BARS, timeframe)))


def quotes_of(wanted: SyntheticTerms) -> QuoteColumns:
    return join_ticks(QuoteColumns, list(market_of(wanted).pieces(Content.QUOTES)))


def trades_of(wanted: SyntheticTerms) -> TradeColumns:
    return join_ticks(TradeColumns, list(market_of(wanted).pieces(Content.TRADES)))


def market_of(wanted: SyntheticTerms) -> SyntheticMarket:
    return SyntheticMarket(wanted, sessions(*[390] * wanted.session_count))


def runs_of_missing_minutes(bars: BarColumns, wanted: SyntheticTerms) -> list[int]:
    """How long each pause is, of all sessions."""
    lengths = []
    for open_ts in sessions(*[390] * wanted.session_count).opens.tolist():
        there = np.isin(open_ts + np.arange(390) * MINUTE, bars.open_ts)
        edges = np.flatnonzero(np.diff(there.astype(int), prepend=1, append=1))
        lengths += (edges[1::2] - edges[::2]).tolist()
    return lengths


TERMS = st.builds(
    terms,
    seed=st.integers(0, 2**64 - 1),
    session_count=st.integers(1, 4),
    start_price=st.integers(100, 500_000).map(lambda cents: Decimal(cents) / 100),
    gaps_per_100_sessions=st.integers(0, 500),
    halts_per_100_sessions=st.integers(0, 500),
)
PINNED = terms(
    seed=2024,
    session_count=40,
    gaps_per_100_sessions=50,
    halts_per_100_sessions=20,
    split_count=3,
)


def digest() -> str:
    """Over every byte of one market."""
    whole = hashlib.sha256()
    for columns in (bars_of(PINNED), bars_of(PINNED, "1d"), quotes_of(PINNED), trades_of(PINNED)):
        for column in columns.arrays:
            whole.update(column.tobytes())
    return whole.hexdigest()


def test_a_seed_makes_the_same_bytes_on_any_machine() -> None:
    assert digest() == "e924f0a1f20bc47ab03cfaba950e28fb55cd871a1dc955d07a89be71c6c787eb"


@pytest.mark.parametrize("without", ["AVX512F AVX512CD AVX512_SKX", "AVX2 FMA3"])
def test_a_simpler_processor_makes_the_same_bytes(without: str) -> None:
    code = "from tests.unit.domain.market_data.test_synthetic import digest; print(digest())"
    simpler = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": without},
        capture_output=True,
        text=True,
        check=True,
    )
    assert simpler.stdout.strip() == digest()


def test_another_seed_makes_another_market() -> None:
    assert bars_of(terms(seed=1)).close.tolist() != bars_of(terms(seed=2)).close.tolist()


def test_the_same_market_goes_on_when_more_sessions_are_asked_for() -> None:
    short, long = bars_of(terms()), bars_of(terms(session_count=5))
    for some, all_ in zip(short.arrays, long.arrays, strict=True):
        assert all_[: len(some)].tolist() == some.tolist()


@settings(max_examples=30, deadline=None)
@given(TERMS)
def test_every_row_is_valid_and_on_the_cent(wanted: SyntheticTerms) -> None:
    check_synthetic(NAME, wanted)
    bars, quotes, trades = bars_of(wanted), quotes_of(wanted), trades_of(wanted)
    check_bars(bars)
    check_ticks(quotes)
    check_ticks(trades)
    check_quotes(quotes)
    assert (quotes.bid < quotes.ask).all()
    assert (trades.size >= 1).all()
    prices = np.concatenate([bars.high, bars.low, quotes.bid, quotes.ask, trades.price])
    assert (prices == np.rint(prices * 100) / 100).all()


@settings(max_examples=30, deadline=None)
@given(TERMS)
def test_there_are_as_many_pauses_as_were_asked_for(wanted: SyntheticTerms) -> None:
    paused = runs_of_missing_minutes(bars_of(wanted), wanted)
    gaps = (wanted.gaps_per_100_sessions * wanted.session_count + 50) // 100
    halts = (wanted.halts_per_100_sessions * wanted.session_count + 50) // 100
    assert len(paused) == gaps + halts
    assert len(bars_of(wanted)) == 390 * wanted.session_count - sum(paused)
    assert all(1 <= length <= 15 for length in paused)


@settings(max_examples=20, deadline=None)
@given(TERMS)
def test_trades_meet_the_quote_of_their_instant(wanted: SyntheticTerms) -> None:
    quotes, trades = quotes_of(wanted), trades_of(wanted)
    newest = np.searchsorted(quotes.ts, trades.ts, side="right") - 1
    first = np.searchsorted(quotes.ts, trades.ts)
    assert (quotes.ts[newest] == trades.ts).all()
    alone = newest == first
    bid, ask = quotes.bid[newest[alone]], quotes.ask[newest[alone]]
    price = trades.price[alone]
    assert ((price == bid) | (price == ask)).all()


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h", "4h", "1d"])
def test_bars_are_those_that_the_trades_make(timeframe: str) -> None:
    wanted = terms(gaps_per_100_sessions=300)
    share = Instrument(NAME, "DEMO", "SYNTHETIC")
    builder, trades = BarBuilder(share, timeframe), trades_of(wanted)
    rows = zip(*(column.tolist() for column in trades.arrays), strict=True)
    built = [*(builder.trade(Trade(NAME, *row)) for row in rows), builder.flush()]
    assert list(bars_of(wanted, timeframe).bars(NAME)) == [bar for bar in built if bar is not None]


def test_a_market_pauses_in_a_gap_and_stands_still_in_a_halt() -> None:
    def steps(**pauses: int) -> float:
        """How far the price goes over a pause, on average."""
        wanted = terms(session_count=100, **pauses)
        bars = bars_of(wanted)
        over = np.flatnonzero((np.diff(bars.open_ts) > MINUTE) & (np.diff(bars.open_ts) < HOUR))
        return float(np.mean(np.abs(bars.open[over + 1] / bars.close[over] - 1)))

    assert steps(halts_per_100_sessions=300) > 2 * steps(gaps_per_100_sessions=300)


def test_splits_are_told_and_the_prices_of_the_day_fall() -> None:
    wanted = terms(session_count=60, split_count=5)
    market = market_of(wanted)
    bars = bars_of(wanted, market=market)
    assert len(market.splits) == 5
    assert len({split.ex_date for split in market.splits}) == 5
    for split in market.splits:
        row = np.searchsorted(bars.open_ts, (split.ex_date - date(1970, 1, 1)).days * 24 * HOUR)
        assert row > 0
        fall = bars.close[row - 1] / bars.open[row]
        assert fall == pytest.approx(float(split.ratio), rel=0.03)


def test_many_splits_also_put_shares_together_so_that_a_price_stays() -> None:
    market = market_of(terms(session_count=30, split_count=29))
    bars = bars_of(terms(), market=market)
    assert [str(split.ratio) for split in market.splits[:4]] == ["2", "5", "0.1", "2"]
    assert bars.low.min() > 5
    assert bars.high.max() < 500


def test_a_cheap_share_is_put_together_first() -> None:
    market = market_of(terms(session_count=3, split_count=2, start_price=Decimal("1.50")))
    assert [str(split.ratio) for split in market.splits] == ["0.1", "2"]
    assert bars_of(terms(), market=market).low.min() >= 1


def test_splits_take_the_place_of_what_was_known_of_these_sessions() -> None:
    market = market_of(terms(session_count=5, split_count=1))
    before, within, behind = (
        Split(date(2024, 1, 1), Decimal(7)),
        Split(date(2024, 1, 4), Decimal(7)),
        Dividend(date(2024, 1, 7), Decimal(1)),
    )
    assert market.actions([behind, within, before]) == (before, *market.splits, behind)
    assert market.actions(market.actions([before])) == (before, *market.splits)


def test_the_moods_of_a_market_change() -> None:
    bars = bars_of(terms(session_count=100))
    returns = np.diff(np.log(bars.close))
    blocks = returns[: len(returns) // 195 * 195].reshape(-1, 195).std(axis=1)
    assert np.quantile(blocks, 0.9) > 2 * np.quantile(blocks, 0.1)


def test_more_is_traded_at_the_ends_of_a_session_than_in_its_middle() -> None:
    bars = bars_of(terms(session_count=20))
    volume = bars.volume.reshape(20, 390).mean(axis=0)
    assert min(volume[:30].mean(), volume[-30:].mean()) > 2 * volume[180:210].mean()


def test_a_half_day_has_half_the_bars_and_a_day_is_its_session() -> None:
    wanted = terms(session_count=2)
    days = sessions(390, 210, 390)
    minute = join_bars(list(SyntheticMarket(wanted, days).pieces(Content.BARS, "1m")))
    assert len(minute) == 390 + 210
    daily = join_bars(list(SyntheticMarket(wanted, days).pieces(Content.BARS, "1d")))
    assert daily.open_ts.tolist() == days.opens[:2].tolist()
    assert daily.ts.tolist() == days.closes[:2].tolist()
    assert daily.volume.sum() == minute.volume.sum()
    assert daily.high.max() == minute.high.max()


def test_pieces_hold_twenty_sessions_each() -> None:
    pieces = market_of(terms(session_count=45)).pieces(Content.BARS, "1m")
    assert [len(piece) for piece in pieces] == [7800, 7800, 1950]


def test_a_calendar_that_knows_too_few_sessions_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        SyntheticMarket(terms(session_count=3), sessions(390, 390))
    assert refusal.value.reason == "SESSIONS_UNKNOWN"


@pytest.mark.parametrize(
    ("name", "fields", "field", "reason"),
    [
        ("AAPL.XNAS", {}, "instrument_id", "SYNTHETIC_VENUE_REQUIRED"),
        ("SYNTHETIC", {}, "instrument_id", "SYNTHETIC_VENUE_REQUIRED"),
        (NAME, {"session_count": 0}, "synthetic.session_count", "OUT_OF_RANGE"),
        (NAME, {"session_count": 2521}, "synthetic.session_count", "OUT_OF_RANGE"),
        (NAME, {"split_count": 3}, "synthetic.split_count", "OUT_OF_RANGE"),
        (NAME, {"gaps_per_100_sessions": -1}, "synthetic.gaps_per_100_sessions", "OUT_OF_RANGE"),
        (
            NAME,
            {"gaps_per_100_sessions": 600, "halts_per_100_sessions": 401},
            "synthetic.halts_per_100_sessions",
            "OUT_OF_RANGE",
        ),
        (NAME, {"start_price": Decimal("0.99")}, "synthetic.start_price", "OUT_OF_RANGE"),
        (NAME, {"start_price": Decimal("10.005")}, "synthetic.start_price", "OFF_TICK"),
    ],
)
def test_terms_that_cannot_be_met_name_their_field(
    name: str, fields: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check_synthetic(name, terms(**fields))
    assert refusal.value.reason == reason
    assert list(refusal.value.violations) == [f"import.{field}"]


def test_dates_are_those_of_the_sessions() -> None:
    market = market_of(terms(session_count=10, split_count=9))
    days = [date(2024, 1, 2) + timedelta(days=n) for n in range(1, 10)]
    assert [split.ex_date for split in market.splits] == days

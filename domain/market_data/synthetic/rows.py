"""Bars, quotes and trades of synthetic events."""

import numpy as np

from domain.market_data.columns import BarColumns
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.synthetic.draws import Floats, Ints
from domain.market_data.synthetic.session import CENTS, Events
from domain.market_data.timeframe import DAILY, span_of
from domain.market_data.trade_columns import TradeColumns


def quotes_of(events: Events) -> QuoteColumns:
    """Every event is a quote."""
    return QuoteColumns(
        events.ts,
        _prices(events.bid),
        _prices(events.ask),
        events.bid_size.astype(np.float64),
        events.ask_size.astype(np.float64),
    )


def trades_of(events: Events) -> TradeColumns:
    """Bought at the ask or sold at the bid of the quote of the same instant."""
    met = events.where(events.is_trade)
    cents = np.where(met.is_buy, met.ask, met.bid)
    return TradeColumns(met.ts, _prices(cents), met.size.astype(np.float64))


def bars_of(trades: TradeColumns, timeframe: str, open_ts: int, close_ts: int) -> BarColumns:
    """Bars of the trades of one session; a span without a trade has none.

    A bar of minutes or hours begins at a whole multiple of its length since 1970 UTC, that of a day
    is the session.
    """
    if timeframe == DAILY:
        starts = np.zeros(1, np.int64)
        opens, closes = np.array([open_ts]), np.array([close_ts])
    else:
        span = span_of(timeframe)
        opens, starts = np.unique(trades.ts // span * span, return_index=True)
        closes = opens + span
    ends = np.append(starts[1:], len(trades)) - 1
    return BarColumns(
        closes,
        opens,
        trades.price[starts],
        np.maximum.reduceat(trades.price, starts),
        np.minimum.reduceat(trades.price, starts),
        trades.price[ends],
        np.add.reduceat(trades.size.astype(np.int64), starts).astype(np.float64),
    )


def _prices(cents: Ints) -> Floats:
    """Each the double nearest to its decimal."""
    prices: Floats = cents / CENTS
    return prices

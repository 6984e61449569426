"""Splits and dividends, and history as it looks in today's shares."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
from msgspec import Struct

from domain.errors import invalid
from domain.instruments import NANOSECONDS, Instrument, zone
from domain.market_data.columns import BarColumns, canonical


class Split(Struct, frozen=True, gc=False, tag="split"):
    """One share becomes `ratio` shares at the start of `ex_date`, a date where it trades."""

    ex_date: date
    ratio: Decimal

    def __post_init__(self) -> None:
        """Raises InvalidRequest for a ratio that is not above zero."""
        if not (self.ratio.is_finite() and self.ratio > 0):
            raise invalid("ratio", "must be above zero", reason="OUT_OF_RANGE")


class Dividend(Struct, frozen=True, gc=False, tag="dividend"):
    """`amount` of money is paid for each share held before `ex_date`, as held on that day."""

    ex_date: date
    amount: Decimal

    def __post_init__(self) -> None:
        """Raises InvalidRequest for an amount that is not above zero."""
        if not (self.amount.is_finite() and self.amount > 0):
            raise invalid("amount", "must be above zero", reason="OUT_OF_RANGE")


CorporateAction = Split | Dividend


def split_adjusted(
    bars: BarColumns, actions: Iterable[CorporateAction], instrument: Instrument
) -> BarColumns:
    """The bars in today's shares: before a split prices / ratio and volume × ratio.

    A bar belongs to the date on which it opened in the instrument's time zone. Dividends change
    nothing. Prices are canonical at the instrument's decimals, times are as they were.
    """
    here = zone(instrument.timezone)
    ratios = np.ones(len(bars))
    splits = [one for one in actions if isinstance(one, Split)]
    for split in sorted(splits, key=lambda one: one.ex_date, reverse=True):
        midnight = datetime.combine(split.ex_date, time(), here)
        before = np.searchsorted(bars.open_ts, int(midnight.timestamp()) * NANOSECONDS)
        ratios[:before] *= float(split.ratio)
    if not splits or not len(bars) or ratios[0] == 1.0 == ratios.max():
        return bars
    decimals = instrument.price_decimals
    return BarColumns(
        bars.ts,
        bars.open_ts,
        canonical(bars.open / ratios, decimals),
        canonical(bars.high / ratios, decimals),
        canonical(bars.low / ratios, decimals),
        canonical(bars.close / ratios, decimals),
        bars.volume * ratios,
    )

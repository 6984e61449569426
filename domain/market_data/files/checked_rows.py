"""From the rows of a file to those that are good, and what is said of the others."""

from typing import Protocol, TypeAlias

import numpy as np
from msgspec import Struct

from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.files.raw_rows import Flags, Ints, RawRows
from domain.market_data.imports import Content, RefusedRow
from domain.market_data.quality.finding import Finding
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns

AnyColumns: TypeAlias = BarColumns | QuoteColumns | TradeColumns


class RowTerms(Struct, frozen=True):
    """What the rows of a file are about."""

    instrument: Instrument
    content: Content
    timeframe: str
    """Empty for quotes and trades."""


class GoodRows(Struct, frozen=True):
    """Good rows of a piece of a file, all of it told in the order of the file."""

    columns: AnyColumns
    lines: Ints
    """Where each good row stands."""
    lost: Ints
    """How many rows were refused between each good one and the good one before."""
    refused: list[RefusedRow]
    duplicates: list[Finding]
    """Rows that were there already, and are left out."""


class RowChecker(Protocol):
    """Knows what was good before: takes the pieces of one file, in order."""

    def take(self, rows: RawRows) -> GoodRows:
        """Looks at every row. What is refused is told once, for the first fault found."""
        ...


def lost_before(good: Flags, lost: Ints) -> tuple[Ints, int]:
    """Of each good row how many rows were lost since the one before; and those after the last.

    `lost` counts by row, 0 for a good one.
    """
    until = np.cumsum(lost)
    at = until[good]
    between = np.diff(at, prepend=0)
    total = int(until[-1]) if len(until) else 0
    return between, total - (int(at[-1]) if len(at) else 0)

"""Keeps bars as traded, and gives them back as columns."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import CorporateAction


class Adjustment(StrEnum):
    """How prices relate to what was traded on the day."""

    NONE = "none"
    SPLITS = "splits"


class BarSeries(Struct, frozen=True):
    """What is kept of one instrument at one timeframe. Times are open times, nanoseconds UTC."""

    instrument_id: str
    timeframe: str
    first_open_ts: int
    last_open_ts: int
    bar_count: int
    source: str


class BarSnapshot(Struct, frozen=True):
    """What a series holds at one moment: enough to read it in another process, now or later.

    Nothing that is kept afterwards changes what a snapshot reads.
    """

    instrument: Instrument
    actions: tuple[CorporateAction, ...]
    files: tuple[str, ...]
    """Absolute paths. Where bars of two files open at the same time, the later file counts."""


class BarStore(Protocol):
    """Bars by instrument and timeframe (`1m`, `5m`, `15m`, `30m`, `1h`, `4h`, `1d`)."""

    async def append(
        self, instrument_id: str, timeframe: str, bars: BarColumns, *, source: str
    ) -> BarSeries:
        """Keeps all of the bars or none. Bars that open when a kept one does take its place.

        Raises `NotFound` INSTRUMENT_NOT_FOUND, `InvalidRequest` (UNKNOWN_TIMEFRAME, NO_BARS, or
        `BadBar` for the first row that is none) and `Unavailable` STORE_UNAVAILABLE.
        """
        ...

    async def append_pieces(
        self, instrument_id: str, timeframe: str, pieces: Iterable[BarColumns], *, source: str
    ) -> BarSeries:
        """The same of bars in pieces, which follow each other; one is in memory at a time.

        `pieces` is drawn from in a thread of the store; whatever it raises keeps nothing.
        """
        ...

    async def read(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
        limit: int | None = None,
        adjustment: Adjustment = Adjustment.SPLITS,
    ) -> BarColumns:
        """Bars with start_ts <= open time < end_ts, oldest first, the first `limit` of them.

        Empty columns when there are none.
        """
        ...

    async def count(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
    ) -> int:
        """How many bars `read` would give."""
        ...

    async def snapshot(self, instrument_id: str, timeframe: str) -> BarSnapshot:
        """The series as it is now. Raises `NotFound` INSTRUMENT_NOT_FOUND."""
        ...

    async def series(self) -> Sequence[BarSeries]:
        """The catalogue, by instrument and timeframe."""
        ...

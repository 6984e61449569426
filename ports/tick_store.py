"""Keeps quotes and trades, and gives them back as columns."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from domain.market_data.tick_columns import TickKind
from domain.market_data.ticks import T


class TickSeries(Struct, frozen=True):
    """The quotes or trades that are kept of one instrument. Times are nanoseconds UTC."""

    instrument_id: str
    kind: TickKind
    first_ts: int
    last_ts: int
    tick_count: int
    source: str


class TickStore(Protocol):
    """Ticks by instrument and kind, in the order of time; those of one instant as they came.

    A tick has no name by which another could be its correction. So what is appended counts as all
    that happened from its first tick to its last, both instants included: like newer bars it takes
    the place of what was kept there, and what was kept before and behind stays.
    """

    async def append(
        self, instrument_id: str, columns: type[T], pieces: Iterable[T], *, source: str
    ) -> TickSeries:
        """Keeps all of the ticks or none. The pieces follow each other; one is in memory at a time.

        `pieces` is drawn from in a thread of the store. Raises `NotFound` INSTRUMENT_NOT_FOUND,
        `InvalidRequest` (NO_TICKS, or `BadTick` for the first row that is none), `Unavailable`
        STORE_UNAVAILABLE, and whatever `pieces` raises.
        """
        ...

    async def read(
        self,
        instrument_id: str,
        columns: type[T],
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
        skip: int = 0,
        limit: int | None = None,
    ) -> T:
        """Ticks with start_ts <= time < end_ts, without the first `skip`, then `limit` at most.

        Empty columns when there are none. Raises `NotFound` INSTRUMENT_NOT_FOUND and `Unavailable`
        TICK_FILE_UNREADABLE.
        """
        ...

    async def series(self) -> Sequence[TickSeries]:
        """The catalogue, by instrument and kind."""
        ...

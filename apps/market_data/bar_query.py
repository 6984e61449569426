"""Which bars a client asks for, checked."""

from msgspec import Struct

from domain.errors import invalid
from domain.market_data.timeframe import span_of
from ports.bar_store import Adjustment
from ports.instrument_store import InstrumentStore


class BarQuery(Struct, frozen=True):
    """Bars with start_ts <= open time < end_ts; None is no bound."""

    instrument_id: str
    timeframe: str
    start_ts: int | None
    end_ts: int | None
    adjustment: Adjustment

    @property
    def parts(self) -> tuple[object, ...]:
        """What a page token or cursor of this query is bound to."""
        return (
            "bars",
            self.instrument_id,
            self.timeframe,
            self.start_ts,
            self.end_ts,
            self.adjustment,
        )


async def checked_query(
    instruments: InstrumentStore,
    name: str,
    timeframe: str,
    start_ts: int | None,
    end_ts: int | None,
    adjustment: Adjustment,
) -> BarQuery:
    """The query with the full instrument id.

    Raises InvalidRequest (MISSING_FIELD, UNKNOWN_TIMEFRAME, END_BEFORE_START, AMBIGUOUS_SYMBOL) and
    NotFound (INSTRUMENT_NOT_FOUND).
    """
    for field, value in (("instrument_id", name), ("timeframe", timeframe)):
        if not value:
            raise invalid(field, "is required", reason="MISSING_FIELD")
    span_of(timeframe)
    check_range(start_ts, end_ts)
    instrument = await instruments.get(name)
    return BarQuery(instrument.instrument_id, timeframe, start_ts, end_ts, adjustment)


def check_range(start_ts: int | None, end_ts: int | None) -> None:
    """Raises InvalidRequest (END_BEFORE_START)."""
    if start_ts is not None and end_ts is not None and end_ts < start_ts:
        raise invalid("end_time", "is before start_time", reason="END_BEFORE_START")

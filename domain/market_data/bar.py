"""A bar: what traded in a span of time."""

from datetime import UTC, datetime

from msgspec import Struct


class Bar(Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag=30):
    """Open, high, low, close and volume of one span.

    `ts` is the close of the span, the moment the bar is known; `open_ts` its beginning. Both are
    nanoseconds UTC. Prices are floats in the instrument's currency, canonical at its decimals.
    """

    instrument_id: str
    ts: int
    open_ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def time(self) -> datetime:
        """When the bar closed, aware, in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.ts / 1e9, UTC)

"""A quote: the best bid and ask at one moment."""

from datetime import UTC, datetime

from msgspec import Struct


class Quote(Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag=31):
    """Best bid and ask with their sizes; `ts` in nanoseconds UTC. A missing side has size 0."""

    instrument_id: str
    ts: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float

    @property
    def time(self) -> datetime:
        """When the quote was made, aware, in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.ts / 1e9, UTC)

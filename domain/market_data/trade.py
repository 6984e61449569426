"""A trade: one print on the market."""

from datetime import UTC, datetime

from msgspec import Struct


class Trade(Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag=32):
    """Price and size of one execution in the market; `ts` in nanoseconds UTC."""

    instrument_id: str
    ts: int
    price: float
    size: float

    @property
    def time(self) -> datetime:
        """When it traded, aware, in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.ts / 1e9, UTC)

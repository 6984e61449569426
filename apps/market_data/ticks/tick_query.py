"""Which quotes or trades a client asks for, checked."""

from msgspec import Struct

from apps.market_data.bar_query import check_range
from domain.errors import invalid
from domain.market_data.tick_columns import TickKind
from domain.market_data.ticks import TickPlace
from ports.instrument_store import InstrumentStore

FIRST_TS = -(2**63)


class TickQuery(Struct, frozen=True):
    """Ticks with start_ts <= time < end_ts; None is no bound."""

    instrument_id: str
    kind: TickKind
    start_ts: int | None
    end_ts: int | None

    @property
    def parts(self) -> tuple[object, ...]:
        """What a page token or cursor of this query is bound to."""
        return ("ticks", self.instrument_id, self.kind, self.start_ts, self.end_ts)

    @property
    def start(self) -> TickPlace:
        """In front of the first tick there can be."""
        return TickPlace(FIRST_TS if self.start_ts is None else self.start_ts, 0)


async def checked_query(
    instruments: InstrumentStore,
    name: str,
    kind: TickKind,
    start_ts: int | None,
    end_ts: int | None,
) -> TickQuery:
    """The query with the full instrument id.

    Raises InvalidRequest (MISSING_FIELD, END_BEFORE_START, AMBIGUOUS_SYMBOL) and NotFound
    (INSTRUMENT_NOT_FOUND).
    """
    if not name:
        raise invalid("instrument_id", "is required", reason="MISSING_FIELD")
    check_range(start_ts, end_ts)
    instrument = await instruments.get(name)
    return TickQuery(instrument.instrument_id, kind, start_ts, end_ts)


def place_to_text(place: TickPlace) -> str:
    """The place as a token holds it."""
    return f"{place.ts}+{place.told}"


def place_from_text(text: str) -> TickPlace:
    """The place that `place_to_text` wrote."""
    ts, told = text.split("+")
    return TickPlace(int(ts), int(told))

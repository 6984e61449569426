"""What is traded, how finely it is counted, and when its sessions end."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from domain.errors import NotFound, invalid
from domain.values import MONEY_DECIMALS, from_scaled, to_scaled

NANOSECONDS = 1_000_000_000


class Instrument(Struct, frozen=True, gc=False):
    """One thing to trade at one venue, such as `AAPL.XNAS`.

    `price_decimals` is finer than the tick, so that split-adjusted history stays exact; tick and
    lot bind the orders that clients and strategies send. Session times are wall times in
    `timezone`; a session lasts from one close to the next, so a market that never sleeps has
    its close at midnight.
    """

    instrument_id: str
    symbol: str
    venue: str
    name: str = ""
    currency: str = "USD"
    tick_size: Decimal = Decimal("0.01")
    lot_size: Decimal = Decimal(1)
    price_decimals: int = 6
    quantity_decimals: int = 0
    timezone: str = "America/New_York"
    session_open: time = time(9, 30)
    session_close: time = time(16, 0)

    def __post_init__(self) -> None:
        """Raises InvalidRequest when the figures do not fit each other."""
        if not 0 <= self.price_decimals + self.quantity_decimals <= MONEY_DECIMALS:
            raise invalid(
                "price_decimals", f"price and quantity decimals exceed {MONEY_DECIMALS} together"
            )
        if self.tick_size <= 0 or self.lot_size <= 0:
            raise invalid("tick_size", "tick and lot must be above zero")
        to_scaled(self.tick_size, self.price_decimals, "tick_size")
        to_scaled(self.lot_size, self.quantity_decimals, "lot_size")
        zone(self.timezone)

    @property
    def price_factor(self) -> int:
        """Scaled price of one currency unit."""
        return int(10**self.price_decimals)

    @property
    def quantity_factor(self) -> int:
        """Scaled quantity of one unit."""
        return int(10**self.quantity_decimals)

    @property
    def money_factor(self) -> int:
        """price × quantity × money_factor is money: exact, without a division."""
        return int(10 ** (MONEY_DECIMALS - self.price_decimals - self.quantity_decimals))

    def price_to_int(self, price: Decimal, field: str = "price") -> int:
        """An order price, scaled. Raises InvalidRequest: not above zero, or `OFF_TICK`."""
        scaled = to_scaled(price, self.price_decimals, field)
        if scaled <= 0:
            raise invalid(field, "must be above zero", reason="NOT_POSITIVE")
        if scaled % to_scaled(self.tick_size, self.price_decimals, field):
            raise invalid(
                field, f"is not a multiple of the tick {self.tick_size}", reason="OFF_TICK"
            )
        return scaled

    def quantity_to_int(self, quantity: Decimal, field: str = "quantity") -> int:
        """An order quantity, scaled. Raises InvalidRequest: not above zero, or `OFF_LOT`."""
        scaled = to_scaled(quantity, self.quantity_decimals, field)
        if scaled <= 0:
            raise invalid(field, "must be above zero", reason="NOT_POSITIVE")
        if scaled % to_scaled(self.lot_size, self.quantity_decimals, field):
            raise invalid(field, f"is not a multiple of the lot {self.lot_size}", reason="OFF_LOT")
        return scaled

    def price_to_decimal(self, price: int) -> Decimal:
        """A scaled price as the exact decimal."""
        return from_scaled(price, self.price_decimals)

    def quantity_to_decimal(self, quantity: int) -> Decimal:
        """A scaled quantity as the exact decimal."""
        return from_scaled(quantity, self.quantity_decimals)

    def to_tick(self, price: float) -> Decimal:
        """The price on the tick that is nearest a computed one (half to even)."""
        tick = self.tick_size
        return (Decimal(repr(float(price))) / tick).to_integral_value() * tick

    def session_close_after(self, ts: int) -> int:
        """The first session close strictly after `ts`; both in nanoseconds UTC."""
        day = datetime.fromtimestamp(ts // NANOSECONDS, zone(self.timezone)).date()
        close = self.session_close_of(day)
        return close if close > ts else self.session_close_of(day + timedelta(days=1))

    def session_open_of(self, day: date) -> int:
        """When the session of that date opens, in nanoseconds UTC."""
        return _wall(day, self.session_open, zone(self.timezone))

    def session_close_of(self, day: date) -> int:
        """When the session of that date closes, in nanoseconds UTC."""
        return _wall(day, self.session_close, zone(self.timezone))


class Instruments(Mapping[str, Instrument]):
    """Instruments by id; a bare symbol is understood where only one instrument has it."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_id = {one.instrument_id: one for one in instruments}
        by_symbol: dict[str, list[Instrument]] = {}
        for one in self._by_id.values():
            by_symbol.setdefault(one.symbol, []).append(one)
        self._by_symbol = by_symbol

    def resolve(self, name: str) -> Instrument:
        """The instrument meant by an id or a bare symbol.

        Raises NotFound (`INSTRUMENT_NOT_FOUND`), and InvalidRequest (`AMBIGUOUS_SYMBOL`) when
        several venues have the symbol.
        """
        if name in self._by_id:
            return self._by_id[name]
        found = self._by_symbol.get(name, [])
        if not found:
            raise NotFound(
                f"no instrument {name}", reason="INSTRUMENT_NOT_FOUND", instrument_id=name
            )
        if len(found) > 1:
            choices = ", ".join(sorted(one.instrument_id for one in found))
            raise invalid(
                "instrument_id", f"{name} is ambiguous: {choices}", reason="AMBIGUOUS_SYMBOL"
            )
        return found[0]

    def __getitem__(self, instrument_id: str) -> Instrument:
        return self._by_id[instrument_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises InvalidRequest (`UNKNOWN_TIMEZONE`)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid("timezone", f"no zone {name!r}", reason="UNKNOWN_TIMEZONE") from error


def _wall(day: date, at: time, where: ZoneInfo) -> int:
    """A wall time as nanoseconds UTC; a time that the clocks skip is taken as if they had not."""
    return int(datetime.combine(day, at, where).timestamp()) * NANOSECONDS

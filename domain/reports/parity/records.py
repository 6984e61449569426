"""What is compared: a backtest or a run, as the decisions it made and what came of each."""

from enum import IntEnum

from msgspec import Struct

from domain.instruments import Instrument
from domain.orders.request import OrderType, Side, TimeInForce


class RecordKind(IntEnum):
    """What made a record."""

    BACKTEST = 1
    RUN = 2
    REHEARSAL = 3


class Traded(Struct, frozen=True, gc=False):
    """One execution: scaled price and quantity, fee in money."""

    ts: int
    price: int
    quantity: int
    fee: int = 0


class Decided(Struct, frozen=True):
    """One order, in scaled integers; `reason` is why it was denied or rejected, else empty."""

    request: int
    ts: int
    side: Side
    quantity: int
    order_type: OrderType = OrderType.MARKET
    limit_price: int = 0
    stop_price: int = 0
    time_in_force: TimeInForce = TimeInForce.DAY
    reason: str = ""
    fills: tuple[Traded, ...] = ()

    @property
    def wants(self) -> tuple[int, ...]:
        """What makes it this decision and no other."""
        return (
            self.side,
            self.quantity,
            self.order_type,
            self.limit_price,
            self.stop_price,
            self.time_in_force,
        )

    @property
    def filled_quantity(self) -> int:
        return sum(fill.quantity for fill in self.fills)

    @property
    def fees(self) -> int:
        return sum(fill.fee for fill in self.fills)

    def until(self, ts: int) -> "Decided":
        """Without the fills behind `ts`."""
        if not self.fills or self.fills[-1].ts <= ts:
            return self
        return Decided(
            self.request,
            self.ts,
            self.side,
            self.quantity,
            self.order_type,
            self.limit_price,
            self.stop_price,
            self.time_in_force,
            self.reason,
            tuple(fill for fill in self.fills if fill.ts <= ts),
        )

    def gain(self, mark: int, unit: int) -> int:
        """Money it earned, scaled: its fills as cash, fees paid, and what it left at the mark.

        `unit` is the instrument's `money_factor`.
        """
        traded = sum((mark - fill.price) * fill.quantity for fill in self.fills)
        return self.side * traded * unit - self.fees


class Record(Struct, frozen=True):
    """One side of a report. `start_ts` and `end_ts` are the closes of its first and last bar.

    `mark` is the last price it knows, scaled; 0 where none is known.
    """

    id: str
    kind: RecordKind
    strategy_id: str
    version_id: str
    parameters: dict[str, str]
    instrument: Instrument
    timeframe: str
    currency: str
    start_ts: int
    end_ts: int
    mark: int
    decided: tuple[Decided, ...]
    notes: tuple[str, ...] = ()

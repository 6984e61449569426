"""The books of one account: what it holds, what is reserved, and how both are kept."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from domain.errors import NotFound
from domain.instruments import NANOSECONDS, Instrument
from domain.orders.events import Event, LedgerPosted, OrderFilled
from domain.orders.ledger import Ledger
from domain.orders.order import Order
from domain.orders.position import Position
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState

_FILLED = OrderState.FILLED


class Holding(Struct, frozen=True, gc=False):
    """What a store keeps of a position."""

    instrument_id: str
    quantity: int
    cost: int
    realised: int


class AccountState(Struct, frozen=True):
    """Everything a store keeps of an account; `Account.restore` takes it in again.

    `orders` are those that can still trade, and any ended one that news has come about;
    `recent` the creation times of the last orders, oldest first, for the rate limit.
    """

    ledger: Ledger
    holdings: tuple[Holding, ...] = ()
    orders: tuple[Order, ...] = ()
    order_count: int = 0
    recent: tuple[int, ...] = ()


class Books:
    """Orders that can still trade, positions, ledger and reservations; `Account` moves them.

    With `keep_ended` an order that ended without being filled stays known, so that a late fill
    finds it.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        limits: RiskLimits,
        record: Callable[[Event], None],
        *,
        keep_ended: bool = True,
    ) -> None:
        self.instruments = instruments
        self.limits = limits
        self.record = record
        self.orders: dict[int, Order] = {}
        self.ended: dict[int, Order] = {}
        self.positions: dict[str, Position] = {}
        self.ledger = Ledger()
        self.order_count = 0
        self.reserved = 0
        self.short_cost = 0
        self._keep_ended = keep_ended
        length = max(1, limits.max_orders_per_second)
        self._recent = deque([-NANOSECONDS] * length, length)  # when the last orders were created

    @property
    def buying_power(self) -> int:
        """Money that new risk may still use: working orders count as spent.

        Cash, less what is reserved, less twice what short positions brought in: their proceeds
        are in cash and are owed, and a short of 100 binds 100 as a purchase does. Negative after
        a fill beyond its reservation; then nothing but reducing orders pass.
        """
        return self.ledger.cash - self.reserved - 2 * self.short_cost

    @property
    def equity(self) -> int:
        """Cash and what the positions are worth at their marks."""
        total = self.ledger.cash
        for position in self.positions.values():
            if position.quantity:
                total += position.value
        return total

    def position(self, instrument_id: str) -> Position:
        """The position in one instrument, flat at first. Raises NotFound."""
        return self.positions.get(instrument_id) or self._open_position(instrument_id)

    def order(self, order_id: int) -> Order:
        """A working order, or an ended one still known. Raises NotFound (`ORDER_NOT_FOUND`)."""
        found = self.orders.get(order_id) or self.ended.get(order_id)
        if found is None:
            raise NotFound(f"no order {order_id}", reason="ORDER_NOT_FOUND", order=str(order_id))
        return found

    def mark(self, instrument_id: str, price: float) -> None:
        """The last price known: marks the position and is the reference of the gate."""
        self.position(instrument_id).last = price

    def state(self) -> AccountState:
        """What a store keeps. Its orders are the account's own: copy them before going on."""
        return AccountState(
            self.ledger,
            tuple(
                Holding(key, one.quantity, one.cost, one.realised)
                for key, one in self.positions.items()
            ),
            (*self.orders.values(), *self.ended.values()),
            self.order_count,
            tuple(ts for ts in self._recent if ts >= 0),
        )

    def restore(self, kept: AccountState) -> None:
        """Become what was kept; only for a new account. Reservations are worked out again."""
        self.ledger = kept.ledger
        self.order_count = kept.order_count
        self._recent.extend(kept.recent)
        for holding in kept.holdings:
            self._hold(holding)
        for order in kept.orders:
            if order.is_working:
                self._start(order, self.position(order.instrument_id))
            else:
                self.position(order.instrument_id)
                self.ended[order.order_id] = order

    def set_right(self, ledger: Ledger, holdings: Iterable[Holding]) -> None:
        """Take money and positions as they should be; the orders stay as they are."""
        self.ledger = ledger
        for holding in holdings:
            self._hold(holding)
            self._reserve_in(self.positions[holding.instrument_id])

    def _hold(self, holding: Holding) -> None:
        position = self.position(holding.instrument_id)
        self.short_cost -= position.short_cost
        position.realised = holding.realised
        position.quantity = holding.quantity
        position.cost = holding.cost
        position.size = position.instrument.quantity_to_decimal(holding.quantity)
        self.short_cost += position.short_cost

    def _open_position(self, instrument_id: str) -> Position:
        instrument = self.instruments.get(instrument_id)
        if instrument is None:
            raise NotFound(
                f"no instrument {instrument_id}",
                reason="INSTRUMENT_NOT_FOUND",
                instrument_id=instrument_id,
            )
        factor = instrument.quantity_factor
        position = Position(
            instrument,
            instrument.price_factor,
            instrument.money_factor,
            int(self.limits.max_order_quantity * factor),
            int(self.limits.max_position * factor),
            factor == 1,
        )
        self.positions[instrument_id] = position
        return position

    def _start(self, order: Order, position: Position) -> None:
        self.orders[order.order_id] = order
        self.reserved += position.start(order)

    def _end(self, order: Order) -> None:
        """Take an order out of the working ones and release what it holds."""
        if order.replacement is not None:
            order.replacement = None
        if self.orders.pop(order.order_id, None) is None:
            return
        order.reserved = 0
        position = self.positions[order.instrument_id]
        self.reserved += position.end(order)
        if self._keep_ended and order.state != _FILLED:
            self.ended[order.order_id] = order

    def _revive(self, order: Order) -> None:
        """Reserve for an order anew; one that ended and works again comes back."""
        if order.is_working and self.ended.pop(order.order_id, None) is not None:
            self._start(order, self.positions[order.instrument_id])
        else:
            self._reserve(order)

    def _work(self, order: Order) -> None:
        order.replacement = None
        if order.filled_quantity and order.state is OrderState.ACCEPTED:
            order.state = OrderState.PARTIALLY_FILLED
        self._revive(order)

    def _reserve(self, order: Order) -> None:
        self.reserved += self.positions[order.instrument_id].reserve()

    def _reserve_in(self, position: Position) -> None:
        self.reserved += position.reserve()

    def _correct(
        self,
        ts: int,
        order_id: int,
        position: Position | None,
        quantity: int,
        price: int,
        cash: int,
        fee: int = 0,
    ) -> LedgerPosted:
        """Book what is no fill: a signed quantity at a price, and cash apart from it."""
        basis = 0
        if position is not None and quantity:
            self.short_cost -= position.short_cost
            basis = position.take(quantity, quantity * price * position.money_factor)
            self.short_cost += position.short_cost
        realised = cash + basis + fee
        if position is not None:
            position.realised += realised
            self._reserve_in(position)
        ledger = self.ledger
        ledger.cash += cash
        ledger.positions += basis
        ledger.fees += fee
        ledger.realised += realised
        return LedgerPosted(ts, order_id, cash, basis, fee, realised)

    def _post(self, event: OrderFilled, position: Position, quantity: int) -> LedgerPosted:
        """Book a fill of signed `quantity`: one compound entry."""
        value = quantity * event.price * position.money_factor
        if position.quantity < 0:
            self.short_cost += position.cost
        basis = position.take(quantity, value)
        if position.quantity < 0:
            self.short_cost -= position.cost
        cash = -(value + event.fee)
        realised = cash + basis + event.fee
        position.realised += realised
        ledger = self.ledger
        ledger.cash += cash
        ledger.positions += basis
        ledger.fees += event.fee
        ledger.realised += realised
        return LedgerPosted(event.ts, event.order_id, cash, basis, event.fee, realised)

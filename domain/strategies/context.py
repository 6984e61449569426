"""What a strategy can see and wish for while a handler runs."""

from datetime import UTC, datetime
from decimal import Decimal

from domain.errors import InvalidRequest, invalid
from domain.instruments import Instruments
from domain.orders.books import Books
from domain.orders.position import Position
from domain.orders.request import CancelRequest, OrderRequest, OrderType, Side, TimeInForce, Wish
from domain.strategies.views import OrderView, view_order
from domain.values import money_to_decimal, to_scaled

_TIMES_IN_FORCE = {one.name: one for one in TimeInForce}
_TYPES = {
    (False, False): OrderType.MARKET,
    (True, False): OrderType.LIMIT,
    (False, True): OrderType.STOP,
    (True, True): OrderType.STOP_LIMIT,
}
_MARKET = OrderType.MARKET
_BUY, _SELL = Side.BUY, Side.SELL
_REMEMBERED = 1024  # quantities converted before; more than a strategy ever uses


class Context:
    """The account as the strategy sees it, and the queue of what it wishes for.

    Nothing here acts: `buy`, `sell` and `cancel` queue a wish and return at once. Quantities and
    prices are Decimal or int, never float. An unknown instrument raises NotFound, anything else
    that cannot be raises InvalidRequest.
    """

    def __init__(self, account: Books, instruments: Instruments) -> None:
        self.now = 0
        self.wishes: list[Wish] = []
        self.lines: list[tuple[int, str]] = []
        self._account = account
        self._instruments = instruments
        self._positions: dict[str, Position] = {}
        self._requests = 0
        self._scaled: dict[tuple[str, Decimal | int], int] = {}

    # see

    @property
    def time(self) -> datetime:
        """The time of the event being handled, aware, in UTC; `now` is the same in nanoseconds."""
        return datetime.fromtimestamp(self.now / 1e9, UTC)

    @property
    def cash(self) -> Decimal:
        """Money in the account, the proceeds of short sales included."""
        return money_to_decimal(self._account.ledger.cash)

    @property
    def equity(self) -> Decimal:
        """Cash and what the positions are worth at the last prices."""
        return money_to_decimal(self._account.equity)

    @property
    def buying_power(self) -> Decimal:
        """Money that new orders may still use: working orders count as spent."""
        return money_to_decimal(self._account.buying_power)

    def position(self, instrument_id: str) -> Decimal:
        """The signed quantity held; negative is short."""
        found = self._positions.get(instrument_id)
        return found.size if found is not None else self._position(instrument_id).size

    def working_orders(self, instrument_id: str) -> list[OrderView]:
        """The orders that can still trade, oldest first."""
        position = self._position(instrument_id)
        return [view_order(order, position.instrument) for order in position.working.values()]

    def to_tick(self, price: float, instrument_id: str) -> Decimal:
        """A computed price as the nearest one an order may have."""
        return self._position(instrument_id).instrument.to_tick(price)

    # wish

    def buy(
        self,
        instrument_id: str,
        quantity: Decimal | int,
        *,
        limit: Decimal | int | None = None,
        stop: Decimal | int | None = None,
        time_in_force: str = "DAY",
    ) -> int:
        """Wish to buy; return the number of the request.

        Without prices at the market, with `limit` no dearer, with `stop` once the price is that
        high. `time_in_force` is DAY, GTC, IOC or FOK. Prices need not be on the tick, since split
        adjusted ones are finer; `to_tick` puts computed ones there.
        """
        return self._wish(_BUY, instrument_id, quantity, limit, stop, time_in_force)

    def sell(
        self,
        instrument_id: str,
        quantity: Decimal | int,
        *,
        limit: Decimal | int | None = None,
        stop: Decimal | int | None = None,
        time_in_force: str = "DAY",
    ) -> int:
        """Wish to sell, short if nothing is held; otherwise as `buy`."""
        return self._wish(_SELL, instrument_id, quantity, limit, stop, time_in_force)

    def cancel(self, request: int) -> None:
        """Wish the end of the order of an earlier request; nothing happens if it ended before."""
        if not 0 < request <= self._requests:
            raise invalid("request", f"this run made no request {request}")
        self.wishes.append(CancelRequest(request))

    def log(self, text: str) -> None:
        """Say something in the log of the run."""
        self.lines.append((self.now, text))

    def _wish(
        self,
        side: Side,
        instrument_id: str,
        quantity: Decimal | int,
        limit: Decimal | int | None,
        stop: Decimal | int | None,
        time_in_force: str,
    ) -> int:
        position = self._positions.get(instrument_id) or self._position(instrument_id)
        tif = _TIMES_IN_FORCE.get(time_in_force)
        if tif is None:
            raise invalid("time_in_force", f"{time_in_force!r} is not one of DAY, GTC, IOC, FOK")
        # The type before the dictionary: it answers 100.0 as it answers Decimal(100).
        if type(quantity) is not Decimal and type(quantity) is not int:
            raise _inexact(quantity, "quantity")
        scaled = self._scaled.get((instrument_id, quantity))
        if scaled is None:
            scaled = self._scale(instrument_id, position, quantity)
        request = self._requests + 1
        self.wishes.append(
            OrderRequest(
                request,
                position.instrument.instrument_id,
                side,
                scaled,
                _MARKET if limit is stop is None else _TYPES[limit is not None, stop is not None],
                0 if limit is None else _price(position, limit, "limit"),
                0 if stop is None else _price(position, stop, "stop"),
                tif,
            )
        )
        self._requests = request
        return request

    def _scale(self, name: str, position: Position, quantity: Decimal | int) -> int:
        scaled = position.instrument.quantity_to_int(Decimal(quantity))
        if len(self._scaled) >= _REMEMBERED:
            self._scaled.clear()
        self._scaled[name, quantity] = scaled
        return scaled

    def _position(self, instrument_id: str) -> Position:
        found = self._positions.get(instrument_id)
        if found is None:
            instrument = self._instruments.resolve(instrument_id)
            found = self._account.position(instrument.instrument_id)
            self._positions[instrument_id] = found
        return found


def _price(position: Position, price: Decimal | int, field: str) -> int:
    if type(price) is not Decimal and type(price) is not int:
        raise _inexact(price, field)
    scaled = to_scaled(Decimal(price), position.instrument.price_decimals, field)
    if scaled <= 0:
        raise invalid(field, "must be above zero", reason="NOT_POSITIVE")
    return scaled


def _inexact(number: object, field: str) -> InvalidRequest:
    text = f"is a {type(number).__name__}: give a Decimal or an int; ctx.to_tick makes prices exact"
    return invalid(field, text, reason="NOT_EXACT")

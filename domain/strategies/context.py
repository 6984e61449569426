"""What a strategy can see and wish for while a handler runs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from domain.errors import InvalidRequest, invalid
from domain.instruments import Instruments
from domain.orders.books import Books
from domain.orders.groups.terms import check_group
from domain.orders.order import PERCENT_DECIMALS
from domain.orders.position import Position
from domain.orders.request import (
    CancelRequest,
    GroupPolicy,
    GroupRequest,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
    TrailingRequest,
    Wish,
    check_terms,
)
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
Name = TypeVar("Name")
_SIDES = {one.name: one for one in Side}
_POLICIES = {one.name: one for one in GroupPolicy}
_REMEMBERED = 1024  # quantities converted before; more than a strategy ever uses


class Prices(Struct, frozen=True):
    """Those of one order, as an author gave them."""

    limit: Decimal | int | None = None
    stop: Decimal | int | None = None
    trail: Decimal | int | None = None
    trail_percent: Decimal | int | None = None

    @property
    def are_none(self) -> bool:
        """Whether there is none at all."""
        return self == Prices()


class Bracket(Struct, frozen=True):
    """The numbers of the requests of a group; 0 for an order that it has not."""

    entry: int
    take_profit: int
    stop_loss: int


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
        trail: Decimal | int | None = None,
        trail_percent: Decimal | int | None = None,
        time_in_force: str = "DAY",
    ) -> int:
        """Wish to buy; return the number of the request.

        Without prices at the market, with `limit` no dearer, with `stop` once the price is that
        high. With `trail` the stop follows the market at that distance, with `trail_percent` at
        that part of the price, and only ever comes closer. `time_in_force` is DAY, GTC, IOC or
        FOK. Prices need not be on the tick, since split adjusted ones are finer; `to_tick` puts
        computed ones there.
        """
        if trail is not None or trail_percent is not None:
            prices = Prices(limit, stop, trail, trail_percent)
            return self._trail(_BUY, instrument_id, quantity, prices, time_in_force)
        return self._wish(_BUY, instrument_id, quantity, limit, stop, time_in_force)

    def sell(
        self,
        instrument_id: str,
        quantity: Decimal | int,
        *,
        limit: Decimal | int | None = None,
        stop: Decimal | int | None = None,
        trail: Decimal | int | None = None,
        trail_percent: Decimal | int | None = None,
        time_in_force: str = "DAY",
    ) -> int:
        """Wish to sell, short if nothing is held; otherwise as `buy`."""
        if trail is not None or trail_percent is not None:
            prices = Prices(limit, stop, trail, trail_percent)
            return self._trail(_SELL, instrument_id, quantity, prices, time_in_force)
        return self._wish(_SELL, instrument_id, quantity, limit, stop, time_in_force)

    def bracket(
        self,
        side: str,
        instrument_id: str,
        quantity: Decimal | int,
        *,
        limit: Decimal | int | None = None,
        stop: Decimal | int | None = None,
        take_profit: Decimal | int | None = None,
        stop_loss: Decimal | int | None = None,
        stop_limit: Decimal | int | None = None,
        trail: Decimal | int | None = None,
        trail_percent: Decimal | int | None = None,
        time_in_force: str = "DAY",
        exit_time_in_force: str = "GTC",
        policy: str = "PROTECT_FIRST",
    ) -> Bracket:
        """Wish for an entry, BUY or SELL, with its exits; return the numbers of the requests.

        The exits work once the entry trades, for as much as it has traded: a limit order at
        `take_profit`, a stop at `stop_loss` (with `stop_limit` no worse than that) or one that
        trails. What one of them trades is taken off the other. One of them is enough.
        """
        way, first = _named(side, _SIDES, "side"), self._requests + 1
        entry = self._order(first, way, instrument_id, quantity, Prices(limit, stop), time_in_force)
        prices = Prices(take_profit), Prices(stop_limit, stop_loss, trail, trail_percent)
        return self._group(
            entry, Side(-way), instrument_id, quantity, prices, exit_time_in_force, policy
        )

    def oco(
        self,
        instrument_id: str,
        quantity: Decimal | int,
        *,
        take_profit: Decimal | int,
        stop_loss: Decimal | int | None = None,
        stop_limit: Decimal | int | None = None,
        trail: Decimal | int | None = None,
        trail_percent: Decimal | int | None = None,
        time_in_force: str = "GTC",
        policy: str = "PROTECT_FIRST",
    ) -> Bracket:
        """Wish for two exits of what is held: what one of them trades is taken off the other."""
        held = self._position(instrument_id).quantity
        if not held:
            raise invalid("instrument_id", f"nothing is held of {instrument_id}")
        prices = Prices(take_profit), Prices(stop_limit, stop_loss, trail, trail_percent)
        side = _SELL if held > 0 else _BUY
        return self._group(None, side, instrument_id, quantity, prices, time_in_force, policy)

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

    def _trail(
        self,
        side: Side,
        instrument_id: str,
        quantity: Decimal | int,
        prices: Prices,
        time_in_force: str,
    ) -> int:
        request = self._requests + 1
        wish = self._order(request, side, instrument_id, quantity, prices, time_in_force)
        self.wishes.append(wish)
        self._requests = request
        return request

    def _group(
        self,
        entry: OrderRequest | None,
        side: Side,
        instrument_id: str,
        quantity: Decimal | int,
        prices: tuple[Prices, Prices],
        time_in_force: str,
        policy: str,
    ) -> Bracket:
        """Queue a group whose exits are on that side, its orders numbered one after the other."""
        first = self._requests + 1 if entry is None else entry.request + 1
        profit, loss = None, None
        if not prices[0].are_none:
            profit = self._order(first, side, instrument_id, quantity, prices[0], time_in_force)
            first += 1
        if not prices[1].are_none:
            loss = self._order(first, side, instrument_id, quantity, prices[1], time_in_force)
        wish = GroupRequest(entry, profit, loss, _named(policy, _POLICIES, "policy"))
        check_group(wish)
        self.wishes.append(wish)
        numbers = [0 if one is None else one.request for one in (entry, profit, loss)]
        self._requests = max(numbers)
        return Bracket(*numbers)

    def _order(
        self,
        request: int,
        side: Side,
        instrument_id: str,
        quantity: Decimal | int,
        prices: Prices,
        time_in_force: str,
    ) -> OrderRequest | TrailingRequest:
        """The wish as `_wish` queues it, or one that trails."""
        position = self._position(instrument_id)
        if type(quantity) is not Decimal and type(quantity) is not int:
            raise _inexact(quantity, "quantity")
        limit, stop = prices.limit, prices.stop
        terms = (
            request,
            position.instrument.instrument_id,
            side,
            position.instrument.quantity_to_int(Decimal(quantity)),
        )
        tif = _named(time_in_force, _TIMES_IN_FORCE, "time_in_force")
        scaled = (
            0 if limit is None else _price(position, limit, "limit"),
            0 if stop is None else _price(position, stop, "stop"),
        )
        if prices.trail is None and prices.trail_percent is None:
            return OrderRequest(*terms, _TYPES[limit is not None, stop is not None], *scaled, tif)
        amount = 0 if prices.trail is None else _price(position, prices.trail, "trail")
        percent = 0 if prices.trail_percent is None else _percent(prices.trail_percent)
        wish = TrailingRequest(*terms, OrderType.TRAILING_STOP, *scaled, tif, amount, percent)
        check_terms(wish)
        return wish

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


def _percent(percent: Decimal | int) -> int:
    if type(percent) is not Decimal and type(percent) is not int:
        raise _inexact(percent, "trail_percent")
    scaled = to_scaled(Decimal(percent), PERCENT_DECIMALS, "trail_percent")
    if scaled <= 0:
        raise invalid("trail_percent", "must be above zero", reason="NOT_POSITIVE")
    return scaled


def _named(name: str, names: Mapping[str, Name], field: str) -> Name:
    if name not in names:
        raise invalid(field, f"{name!r} is not one of {', '.join(names)}")
    return names[name]


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

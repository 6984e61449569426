"""A simulated exchange. It has bars instead of other traders, and books of its own."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.market_data.quote import Quote
from domain.orders.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderReplaced,
)
from domain.orders.order import Order
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.trailing import best_of
from domain.simulation.fees import Fees
from domain.simulation.fills import Resting, price_on

_DAY = TimeInForce.DAY
_GTC = TimeInForce.GTC
_FOK = TimeInForce.FOK
_MARKET = OrderType.MARKET
_NO_CAP = 1 << 63


class Venue(Struct, gc=False):
    """The book of one instrument, oldest order first, with what each match needs."""

    instrument: Instrument
    price_factor: int
    money_factor: int
    resting: list[Resting]
    session_from: int = 0
    session_end: int = 0

    def session_end_after(self, ts: int) -> int:
        """The first session close after `ts`, remembered while it holds."""
        if not self.session_from <= ts < self.session_end:
            self.session_from = ts
            self.session_end = self.instrument.session_close_after(ts)
        return self.session_end


class Exchange:
    """Works the orders of one account and reports what happens to them.

    Rules: an order sees only bars that open at or after its arrival. Market orders fill at the
    open, all others as `fills.price_on` says, oldest first. IOC and FOK are decided on the first
    bar they see. A DAY order expires at the end of the session in which it first could trade.
    Of the exits of a group only one trades on a bar: when a bar spans both, the stop is assumed to
    have come first. The market takes any quantity, unless `volume_percent` caps what one bar gives
    to all orders of the instrument together; then orders fill in parts.

    A fill at the open carries the bar's open time, any other its close: that is when it is known.
    """

    def __init__(
        self,
        report: Callable[[Event], None],
        instruments: Mapping[str, Instrument],
        *,
        fees: Fees | None = None,
        volume_percent: int = 0,
    ) -> None:
        self.report = report
        self._instruments = instruments
        self._fees = fees
        self._volume_percent = volume_percent
        self._venues: dict[str, Venue] = {}

    @property
    def resting(self) -> list[Resting]:
        """Every order that rests here, as a durable book keeps it."""
        return [order for venue in self._venues.values() for order in venue.resting]

    def restore(self, orders: Iterable[Resting]) -> None:
        """Take kept orders in again, in the order given; nothing is reported."""
        for order in orders:
            self._venue(order.instrument_id).resting.append(order)

    def submit(self, ts: int, order: Order) -> None:
        """Take an order in and accept it. The order itself is not kept, its terms are."""
        resting = Resting(
            order.order_id,
            order.instrument_id,
            order.side,
            order.quantity,
            order.filled_quantity,
            order.order_type,
            order.limit_price,
            order.stop_price,
            order.time_in_force,
            ts,
        )
        if order.link or order.trail is not None:
            resting.link, resting.trail = order.link, order.trail
            self._rest(resting)
        else:
            self._venue(order.instrument_id).resting.append(resting)
        self.report(OrderAccepted(ts, order.order_id))

    def cancel(self, ts: int, order_id: int) -> bool:
        """Cancel a resting order; False, and no report, when it does not rest here any more."""
        if self._take_out(order_id) is None:
            return False
        self.report(OrderCanceled(ts, order_id))
        return True

    def replace(
        self, ts: int, order_id: int, quantity: int, limit_price: int, stop_price: int
    ) -> bool:
        """Give a resting order other terms and the last place in the book.

        `quantity` counts what is filled already; a stop that trails only comes closer. False, and
        no report, when the order does not rest here any more or as much is filled already.
        """
        order = self._take_out(order_id, above=quantity)
        if order is None:
            return False
        order.is_triggered = order.is_triggered and order.stop_price == stop_price
        order.quantity, order.ts = quantity, ts
        if order.trail is not None:
            stop_price = best_of(order.side, (order.stop_price, stop_price))
        order.limit_price, order.stop_price = limit_price, stop_price
        self._rest(order)
        self.report(OrderReplaced(ts, order_id, quantity, limit_price, stop_price))
        return True

    def match(self, bar: Bar) -> None:
        """Let the resting orders of the bar's instrument meet the bar."""
        venue = self._venues.get(bar.instrument_id)
        if venue is not None and venue.resting:
            self._meet(venue, bar)

    def match_quote(self, quote: Quote) -> None:
        """Let them meet a quote: buyers its ask, then sellers its bid; a side of size 0 is none."""
        venue = self._venues.get(quote.instrument_id)
        if venue is not None and venue.resting:
            if quote.ask_size:
                self._meet(venue, _point(quote, quote.ask, quote.ask_size), Side.BUY)
            if quote.bid_size:
                self._meet(venue, _point(quote, quote.bid, quote.bid_size), Side.SELL)

    def _meet(self, venue: Venue, bar: Bar, side: Side | None = None) -> None:
        left = self._capacity(venue, bar) if self._volume_percent else _NO_CAP
        kept: list[Resting] = []
        exited = 0  # the group one of whose exits has traded on this bar
        for order in venue.resting:
            if bar.open_ts < order.ts or (side is not None and order.side != side):
                kept.append(order)
                continue
            link = order.link
            if link and link == exited:
                kept.append(order)
                continue
            if 0 < order.expire_ts <= bar.open_ts:
                self.report(OrderExpired(order.expire_ts, order.order_id))
                continue
            traded = self._fill(order, bar, venue, left)
            left -= traded
            if link and traded:
                exited = link
            if order.filled_quantity < order.quantity and not self._ends(order, bar, venue):
                kept.append(order)
        venue.resting = kept

    def _fill(self, order: Resting, bar: Bar, venue: Venue, left: int) -> int:
        """Trade what the bar gives; return how much that was."""
        factor = venue.price_factor
        price = bar.open if order.order_type == _MARKET else price_on(order, bar, factor)
        quantity = order.quantity - order.filled_quantity
        if price is None or left <= 0 or (left < quantity and order.time_in_force == _FOK):
            return 0
        if left < quantity:
            quantity = left
        order.filled_quantity += quantity
        scaled = round(price * factor)
        fee = 0
        if self._fees is not None:
            fee = self._fees.of(scaled * quantity * venue.money_factor)
        ts = bar.open_ts if price == bar.open else bar.ts
        self.report(OrderFilled(ts, order.order_id, scaled, quantity, fee))
        return quantity

    def _ends(self, order: Resting, bar: Bar, venue: Venue) -> bool:
        """Whether what is left of the order ends with this bar; reports it then."""
        if order.time_in_force == _GTC:
            return False
        if order.time_in_force != _DAY:
            self.report(OrderCanceled(bar.ts, order.order_id))
            return True
        if not order.expire_ts:
            order.expire_ts = venue.session_end_after(bar.open_ts)
        if bar.ts < order.expire_ts:
            return False
        self.report(OrderExpired(order.expire_ts, order.order_id))
        return True

    def _capacity(self, venue: Venue, bar: Bar) -> int:
        return int(bar.volume * venue.instrument.quantity_factor * self._volume_percent / 100)

    def _venue(self, instrument_id: str) -> Venue:
        venue = self._venues.get(instrument_id)
        if venue is None:
            instrument = self._instruments[instrument_id]
            venue = Venue(instrument, instrument.price_factor, instrument.money_factor, [])
            self._venues[instrument_id] = venue
        return venue

    def _rest(self, order: Resting) -> None:
        """Give an order the last place, an exit the one beside its sibling: a stop before it."""
        resting = self._venue(order.instrument_id).resting
        if order.link:
            for place, other in enumerate(resting):
                if other.link == order.link:
                    is_stop = order.order_type != OrderType.LIMIT
                    resting.insert(place if is_stop else place + 1, order)
                    return
        resting.append(order)

    def _take_out(self, order_id: int, above: int = 0) -> Resting | None:
        """Take a resting order out of its book, unless `above` or more of it is filled."""
        for venue in self._venues.values():
            for order in venue.resting:
                if order.order_id == order_id and (not above or above > order.filled_quantity):
                    venue.resting.remove(order)
                    return order
        return None


def _point(quote: Quote, price: float, size: float) -> Bar:
    """One side of a quote as a bar that saw a single price."""
    return Bar(quote.instrument_id, quote.ts, quote.ts, price, price, price, price, size)

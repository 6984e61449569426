"""What an account holds of one instrument, and has working in it."""

from dataclasses import dataclass, field
from decimal import Decimal

from domain.instruments import Instrument
from domain.orders.order import Order


@dataclass(slots=True)  # writing to a field costs a tenth of what it costs in a Struct
class Position:
    """Signed net quantity at average cost, with the orders that may change it.

    `cost` is what the quantity cost, negative when short. `last` is the price it is marked at,
    0.0 while none is known. The factors are the instrument's, kept here because every fill and
    every gate needs them.
    """

    instrument: Instrument
    price_factor: int
    money_factor: int
    max_order_quantity: int
    max_quantity: int
    whole_quantities: bool
    quantity: int = 0
    cost: int = 0
    realised: int = 0
    last: float = 0.0
    size: Decimal = Decimal(0)
    reserved: int = 0
    working: dict[int, Order] = field(default_factory=dict)

    @property
    def reference_price(self) -> int:
        """The price it is marked at, scaled; 0 while none is known."""
        return round(self.last * self.price_factor)

    @property
    def value(self) -> int:
        """Money the quantity is worth at the mark, negative when short; at cost without a mark."""
        if not self.last:
            return self.cost
        return self.reference_price * self.quantity * self.money_factor

    @property
    def short_cost(self) -> int:
        """What a short position brought in; 0 when flat or long."""
        return -self.cost if self.quantity < 0 else 0

    def take(self, quantity: int, value: int) -> int:
        """Take a fill of signed `quantity` worth signed `value`; return how the cost changes.

        Closing takes out the average cost of what is closed, and all of it with the last share,
        so that no rounding stays behind. A fill through zero closes one position and opens the
        other at the fill's price.
        """
        held = self.quantity
        if not held or (held > 0) == (quantity > 0):
            basis = value
        elif quantity == -held:
            basis = -self.cost
        elif abs(quantity) < abs(held):
            basis = -(self.cost * abs(quantity) // abs(held))
        else:
            opening = quantity + held
            basis = value * opening // quantity - self.cost
        self.quantity = held + quantity
        self.cost += basis
        whole = self.whole_quantities
        self.size = (
            Decimal(self.quantity) if whole else self.instrument.quantity_to_decimal(self.quantity)
        )
        return basis

    def start(self, order: Order) -> int:
        """Take a working order in; return how the reserved buying power changes."""
        self.working[order.order_id] = order
        if self.quantity or order.replacement is not None or order.link:
            return self.reserve()
        left = order.quantity - order.filled_quantity
        needed = order.reserve_price * left * self.money_factor if left > 0 else 0
        order.reserved = needed
        self.reserved += needed
        return needed

    def end(self, order: Order) -> int:
        """Let a working order go; return how the reserved buying power changes."""
        del self.working[order.order_id]
        if self.working:
            return self.reserve()
        released, self.reserved = self.reserved, 0
        return -released

    def reserve(self) -> int:
        """Give each working order the buying power its opening part needs; return the change.

        Orders against the position need none as far as it covers them, the oldest first. The exits
        of one group share what they may trade, so the second needs only what goes beyond the first.
        """
        before, self.reserved = self.reserved, 0
        held = self.quantity
        cover = abs(held)
        shares: dict[int, _Share] | None = None
        for order in self.working.values():
            needed, price = order.quantity, order.reserve_price
            if order.replacement is not None:
                needed = max(needed, order.replacement.quantity)
                price = max(price, order.replacement.reserve_price)
            needed -= order.filled_quantity
            if needed < 0:
                needed = 0
            elif order.link:
                if shares is None:
                    shares = {}
                share = shares.setdefault(order.link, _Share())
                against = cover if held * order.side < 0 else 0
                cover -= share.take(needed, price, against)
                order.reserved = share.claim() * self.money_factor
                self.reserved += order.reserved
                continue
            elif cover and held * order.side < 0:
                covered = min(needed, cover)
                cover -= covered
                needed -= covered
            order.reserved = price * needed * self.money_factor
            self.reserved += order.reserved
        return self.reserved - before


@dataclass(slots=True)
class _Share:
    """What the exits of one group need together: as much as the largest, at the dearest price."""

    quantity: int = 0
    covered: int = 0
    price: int = 0
    claimed: int = 0

    def take(self, needed: int, price: int, cover: int) -> int:
        """One more exit; return how much more of the cover they use."""
        self.quantity = max(self.quantity, needed)
        self.price = max(self.price, price)
        more = min(self.quantity - self.covered, cover)
        self.covered += more
        return more

    def claim(self) -> int:
        """What they need beyond what was claimed before."""
        needed = (self.quantity - self.covered) * self.price
        more, self.claimed = max(0, needed - self.claimed), max(needed, self.claimed)
        return more

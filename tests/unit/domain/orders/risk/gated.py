"""An account with limits by scope, for the tests of the gate."""

from domain.orders.order import Order
from domain.orders.request import Side
from domain.orders.risk.gate import Gate
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from tests.builders import AnAccount

DOLLAR = 1_000_000  # a price, scaled
MONEY = 10**9
SECOND = 10**9
BUY, SELL = Side.BUY, Side.SELL


class Gated(AnAccount):
    """100,000 in cash and shares at 100, held to limits."""

    def __init__(
        self,
        *limits: Limits | ScopedLimits,
        cash: int = 100_000,
        strategies: dict[str, str] | None = None,
        is_live: bool = False,
    ) -> None:
        super().__init__(cash)
        scoped = [
            one if isinstance(one, ScopedLimits) else ScopedLimits(Scope(), one) for one in limits
        ]
        self.gate = Gate(scoped, strategies=strategies, is_live=is_live)
        self.account.gate = self.gate
        self.gate.look(self.account, self.ts)

    def why(self, side: Side, quantity: int, *where: str, **terms: object) -> str:
        """Why such an order is denied; empty when it is not."""
        return self.place(side, quantity, *where, **terms).reason

    def at(self, price: float, *, later: int = 0) -> None:
        """Every share stands at that price, so many nanoseconds later."""
        self.ts += later
        for instrument_id in self.instruments:
            self.account.mark(instrument_id, price)
        self.gate.look(self.account, self.ts)

    def hold(self, quantity: int, *where: str) -> Order:
        """A position at 100, long or short."""
        return self.trade(BUY if quantity > 0 else SELL, abs(quantity), "100", *where)

from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import Bar, Context, Strategy


@dataclass
class BuyAndHold(Strategy):
    """Buy once, keep for ever: what every other strategy has to beat."""

    instrument_id: str
    quantity: Decimal = Decimal(100)

    def on_start(self, ctx: Context) -> None:
        self.bought = False

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        if not self.bought:
            ctx.buy(self.instrument_id, self.quantity)
            self.bought = True

from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import Bar, Context, Strategy


@dataclass
class MyStrategy(Strategy):
    """Buy once and keep it: replace this line, its first words are shown in the library."""

    # The fields are the parameters: `--param quantity=50` sets one. A field without a value must be
    # given; `instrument_id` is the instrument that the backtest or run is started with.
    instrument_id: str
    quantity: Decimal = Decimal(100)

    def on_start(self, ctx: Context) -> None:
        """Once, before the first bar: make here what you remember from bar to bar."""
        self.bought = False

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        """A bar closed: bar.open, bar.high, bar.low, bar.close and bar.volume are floats."""
        # An order made now fills at the open of the next bar. Look at the account with
        # ctx.position(self.instrument_id), ctx.cash and ctx.equity; quantities are Decimal or int.
        if not self.bought:
            ctx.buy(self.instrument_id, self.quantity)
            ctx.log(f"bought at about {bar.close:.2f}")  # read it with: trademesh run logs RUN
            self.bought = True

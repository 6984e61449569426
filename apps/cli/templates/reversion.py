from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import RSI, Bar, Context, Fill, Strategy


@dataclass
class MyStrategy(Strategy):
    """Buy what fell too fast a little cheaper, and sell it once the fall has calmed down."""

    # The fields are the parameters: `--param low=25` sets one. A field without a value must be
    # given; `instrument_id` is the instrument that the backtest or run is started with.
    instrument_id: str
    quantity: Decimal = Decimal(100)
    period: int = 14
    low: float = 30.0
    high: float = 55.0
    discount_percent: float = 0.5

    def on_start(self, ctx: Context) -> None:
        """Once, before the first bar."""
        self.rsi = RSI(self.period)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        """A bar closed. What is wished for here can fill from the open of the next bar on."""
        strength = self.rsi.update(bar.close)
        if strength is None:
            return

        position = ctx.position(self.instrument_id)
        if strength < self.low and position == 0:
            # A limit order takes this price or better, and expires with the day. Computed prices
            # are floats: to_tick makes one exact.
            limit = ctx.to_tick(bar.close * (1 - self.discount_percent / 100), self.instrument_id)
            ctx.buy(self.instrument_id, self.quantity, limit=limit)
        elif strength > self.high and position > 0:
            ctx.sell(self.instrument_id, position)

    def on_fill(self, fill: Fill, ctx: Context) -> None:
        """One of the account's orders traded. Read the line with: trademesh run logs RUN."""
        ctx.log(f"{fill.side.name} {fill.quantity} at {fill.price}")

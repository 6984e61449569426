from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import Bar, Context, Donchian, Strategy


@dataclass
class MyStrategy(Strategy):
    """Buy at a new high, and leave at a new low or below a stop."""

    # The fields are the parameters: `--param entry=55` sets one. A field without a value must be
    # given; `instrument_id` is the instrument that the backtest or run is started with.
    instrument_id: str
    quantity: Decimal = Decimal(100)
    entry: int = 20
    leave: int = 10
    stop_percent: float = 8.0

    def on_start(self, ctx: Context) -> None:
        """Once, before the first bar."""
        self.entry_channel, self.exit_channel = Donchian(self.entry), Donchian(self.leave)
        self.stop = 0.0  # the price below which the trade was wrong

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        """A bar closed. What is wished for here fills at the open of the next bar."""
        # The channels of the bars before this one: after update() they would contain it.
        top, bottom = self.entry_channel.upper, self.exit_channel.lower
        self.entry_channel.update(bar.high, bar.low)
        self.exit_channel.update(bar.high, bar.low)
        if top is None or bottom is None:
            return

        position = ctx.position(self.instrument_id)
        if position == 0 and bar.close > top:
            ctx.buy(self.instrument_id, self.quantity)
            self.stop = bar.close * (1 - self.stop_percent / 100)
        elif position > 0 and bar.close < max(bottom, self.stop):
            ctx.sell(self.instrument_id, position)

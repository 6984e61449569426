from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import Bar, Context, Donchian, Strategy


@dataclass
class DonchianBreakout(Strategy):
    """Buy at a new high, sell at a new low: the rule of the turtles, without shorts."""

    instrument_id: str
    quantity: Decimal = Decimal(100)
    entry: int = 20
    leave: int = 10

    def on_start(self, ctx: Context) -> None:
        self.entry_channel, self.exit_channel = Donchian(self.entry), Donchian(self.leave)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        # The channels of the bars before this one.
        top, bottom = self.entry_channel.upper, self.exit_channel.lower
        self.entry_channel.update(bar.high, bar.low)
        self.exit_channel.update(bar.high, bar.low)
        position = ctx.position(self.instrument_id)
        if top is not None and bar.close > top and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif bottom is not None and bar.close < bottom and position > 0:
            ctx.sell(self.instrument_id, position)

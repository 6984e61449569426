from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import SMA, Bar, Context, Strategy


@dataclass
class MyStrategy(Strategy):
    """Hold the instrument while its fast average is above its slow one."""

    # The fields are the parameters: `--param fast=5` sets one. A field without a value must be
    # given; `instrument_id` is the instrument that the backtest or run is started with.
    instrument_id: str
    quantity: Decimal = Decimal(100)
    fast: int = 10
    slow: int = 30

    def on_start(self, ctx: Context) -> None:
        """Once, before the first bar: indicators are made here and fed bar by bar."""
        self.fast_average, self.slow_average = SMA(self.fast), SMA(self.slow)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        """A bar closed. What is wished for here fills at the open of the next bar."""
        fast, slow = self.fast_average.update(bar.close), self.slow_average.update(bar.close)
        if fast is None or slow is None:
            return  # an indicator says nothing before it has seen enough bars

        position = ctx.position(self.instrument_id)  # negative is short
        if fast > slow and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif fast <= slow and position > 0:
            ctx.sell(self.instrument_id, position)

from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import SMA, Bar, Context, Strategy


@dataclass
class SmaCross(Strategy):
    """Hold the instrument while its fast average is above its slow one."""

    instrument_id: str
    quantity: Decimal = Decimal(100)
    fast: int = 10
    slow: int = 30

    def on_start(self, ctx: Context) -> None:
        self.fast_average, self.slow_average = SMA(self.fast), SMA(self.slow)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        fast, slow = self.fast_average.update(bar.close), self.slow_average.update(bar.close)
        if fast is None or slow is None:
            return
        position = ctx.position(self.instrument_id)
        if fast > slow and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif fast <= slow and position > 0:
            ctx.sell(self.instrument_id, position)

from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import RSI, Bar, Context, Strategy


@dataclass
class RsiMeanReversion(Strategy):
    """Buy what fell too fast, sell it once the fall has calmed down."""

    instrument_id: str
    quantity: Decimal = Decimal(100)
    period: int = 14
    low: float = 30.0
    high: float = 55.0

    def on_start(self, ctx: Context) -> None:
        self.rsi = RSI(self.period)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        strength = self.rsi.update(bar.close)
        if strength is None:
            return
        position = ctx.position(self.instrument_id)
        if strength < self.low and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif strength > self.high and position > 0:
            ctx.sell(self.instrument_id, position)

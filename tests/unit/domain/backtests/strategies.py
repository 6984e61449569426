"""Strategies for the tests of the loop."""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from domain.strategies import SMA, Bar, Context, Fill, OrderView, Strategy
from tests.builders import AAPL


@dataclass
class SmaCross(Strategy):
    """Hold the instrument while its fast average is above its slow one."""

    instrument_id: str = AAPL
    quantity: Decimal = Decimal(100)
    fast: int = 10
    slow: int = 30

    def on_start(self, ctx: Context) -> None:
        self.fast_average, self.slow_average = SMA(self.fast), SMA(self.slow)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        fast, slow = self.fast_average.update(bar.close), self.slow_average.update(bar.close)
        if slow is None:
            return
        position = ctx.position(self.instrument_id)
        if fast > slow and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif fast <= slow and position > 0:
            ctx.sell(self.instrument_id, position)


@dataclass
class Gambler(Strategy):
    """Every kind of order, cancels and news, by a seeded draw that also depends on what it sees."""

    seed: int = 0
    requests: list[int] = field(default_factory=list)

    def on_start(self, ctx: Context) -> None:
        self.draw = Random(self.seed)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        if self.draw.random() < 0.2:
            self.wish(bar.instrument_id, bar.close, ctx)
        if self.requests and self.draw.random() < 0.05:
            ctx.cancel(self.draw.choice(self.requests))

    def on_fill(self, fill: Fill, ctx: Context) -> None:
        if self.draw.random() < 0.1:
            self.wish(fill.instrument_id, float(fill.price), ctx)

    def on_order(self, order: OrderView, ctx: Context) -> None:
        if order.state.name in ("EXPIRED", "DENIED") and self.draw.random() < 0.3:
            ctx.log(f"{order.order_id} {order.state.name} {ctx.buying_power}")
            self.draw.random()

    def wish(self, instrument_id: str, price: float, ctx: Context) -> None:
        act = (
            ctx.buy
            if self.draw.random() < 0.5 - float(ctx.position(instrument_id)) / 2000
            else ctx.sell
        )
        terms: dict[str, object] = {"time_in_force": self.draw.choice(["DAY", "GTC", "IOC", "FOK"])}
        if self.draw.random() < 0.4:
            terms["limit"] = ctx.to_tick(price * self.draw.uniform(0.998, 1.002), instrument_id)
        if self.draw.random() < 0.3:
            terms["stop"] = ctx.to_tick(price * self.draw.uniform(0.998, 1.002), instrument_id)
        self.requests.append(act(instrument_id, self.draw.randint(1, 300), **terms))

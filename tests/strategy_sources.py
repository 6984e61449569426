"""Sources that authors might push, good and bad."""

from pathlib import Path

from domain.strategies import Strategy

EXAMPLES = Path(__file__).parent.parent / "apps" / "strategies" / "examples"

HEAD = """\
from dataclasses import dataclass
from decimal import Decimal

from domain.strategies import Bar, Context, Strategy

"""

HOLDS = (
    HEAD
    + '''
@dataclass
class Holds(Strategy):
    """Buys once."""
    instrument_id: str
    at_bar: int = 1

    def on_start(self, ctx: Context) -> None:
        self.count = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        if self.count == self.at_bar:
            ctx.buy(self.instrument_id, 100)
'''
)

MIXED = (
    HEAD
    + '''
@dataclass
class Mixed(Strategy):
    """Orders of every kind, cancels, and decisions made on news."""
    instrument_id: str

    def on_start(self, ctx: Context) -> None:
        self.count = 0
        self.resting = 0
        ctx.buy(self.instrument_id, 5)

    def on_fill(self, fill, ctx: Context) -> None:
        if fill.side > 0 and fill.request % 3 == 0:
            stop = ctx.to_tick(float(fill.price) * 0.97, self.instrument_id)
            ctx.sell(self.instrument_id, 1, stop=stop, time_in_force="GTC")

    def on_order(self, order, ctx: Context) -> None:
        if order.state.name == "EXPIRED":
            ctx.buy(self.instrument_id, 2)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        own = self.instrument_id
        at = lambda share: ctx.to_tick(bar.close * share, own)
        match self.count % 9:
            case 1:
                ctx.buy(own, 10, limit=at(0.99))
            case 2:
                ctx.sell(own, 7, limit=at(1.01), time_in_force="IOC")
            case 3:
                self.resting = ctx.buy(own, 3, limit=at(0.9), time_in_force="GTC")
            case 4:
                ctx.buy(own, 4, stop=at(1.005))
            case 5:
                ctx.sell(own, 2, stop=at(0.995), limit=at(0.99))
            case 6:
                ctx.cancel(self.resting)
            case 7:
                ctx.buy(own, 1, limit=at(1.02), time_in_force="FOK")
            case 8:
                if ctx.position(own) > 0:
                    ctx.sell(own, ctx.position(own))
            case 0:
                ctx.buy(own, 1_000_000)
'''
)


GROUPED = (
    HEAD
    + '''
@dataclass
class Grouped(Strategy):
    """Brackets, exits of what is held, and stops that trail."""
    instrument_id: str

    def on_start(self, ctx: Context) -> None:
        self.count = 0
        self.entry = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        own = self.instrument_id
        at = lambda share: ctx.to_tick(bar.close * share, own)
        match self.count % 7:
            case 1:
                made = ctx.bracket("BUY", own, 10, take_profit=at(1.02), stop_loss=at(0.98))
                self.entry = made.entry
            case 3 if ctx.position(own) > 0:
                ctx.oco(own, ctx.position(own), take_profit=at(1.01), stop_loss=at(0.99))
            case 4:
                ctx.buy(own, 5)
            case 5:
                ctx.sell(own, 5, trail_percent=1, time_in_force="GTC")
            case 6:
                ctx.cancel(self.entry)
'''
)

TUNABLE = MIXED.replace(
    "    instrument_id: str\n", "    instrument_id: str\n    size: int = 10\n"
).replace("ctx.buy(own, 10,", "ctx.log(f'at {bar.close}'); ctx.buy(own, self.size,")


def on_bar(body: str, at: int = 5) -> str:
    """A strategy that does `body` in its `at`-th bar."""
    lines = "\n".join(f"            {line}" for line in body.splitlines())
    return (
        HEAD
        + f"""
@dataclass
class Breaks(Strategy):
    instrument_id: str

    def on_start(self, ctx: Context) -> None:
        self.count = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        if self.count == {at}:
{lines}
        if self.count == 2:
            ctx.buy(self.instrument_id, 10, limit=1, time_in_force="GTC")
"""
    )


LIBRARY = {
    strategy_id: (EXAMPLES / f"{strategy_id.replace('-', '_')}.py").read_text("utf-8")
    for strategy_id in ("buy-and-hold", "sma-cross", "rsi-mean-reversion", "donchian-breakout")
}


def loaded(source: str) -> type[Strategy]:
    """The strategy of a source, in this process."""
    module: dict[str, object] = {"__name__": "somewhere"}
    exec(source, module)
    return next(
        one
        for one in module.values()
        if isinstance(one, type) and issubclass(one, Strategy) and one is not Strategy
    )

"""A strategy for tests of groups: every kind, at random prices, and cancels of their legs."""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from domain.strategies import Bar, Bracket, Context, Strategy


@dataclass
class Grouper(Strategy):
    """Brackets, exits of what is held, trailing stops and cancels, by a seeded draw."""

    seed: int = 0
    made: list[int] = field(default_factory=list)

    def on_start(self, ctx: Context) -> None:
        self.draw = Random(self.seed)
        self.made = []

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        draw = self.draw.random()
        if draw < 0.06:
            self.note(self.bracket(bar, ctx))
        elif draw < 0.09 and ctx.position(bar.instrument_id):
            self.note(self.oco(bar, ctx))
        elif draw < 0.11:
            self.made.append(ctx.sell(bar.instrument_id, 20, trail=Decimal("0.2")))
        elif draw < 0.15 and self.made:
            ctx.cancel(self.draw.choice(self.made))

    def bracket(self, bar: Bar, ctx: Context) -> Bracket:
        """Long or short, at the market or at a limit, with one exit or two."""
        side = self.draw.choice([1, -1])
        limit = self.near(bar, ctx, -side * 5) if self.draw.random() < 0.5 else None
        prices = self.exits(bar, ctx, side)
        if self.draw.random() < 0.2:
            prices.pop(self.draw.choice(sorted(prices)))
        return ctx.bracket(
            "BUY" if side > 0 else "SELL",
            bar.instrument_id,
            self.draw.randint(1, 200),
            limit=limit,
            time_in_force=self.draw.choice(["DAY", "GTC", "IOC"]),
            policy=self.draw.choice(["PROTECT_FIRST", "ALL_OR_CANCEL"]),
            **prices,
        )

    def oco(self, bar: Bar, ctx: Context) -> Bracket:
        """Of a part of what is held."""
        held = ctx.position(bar.instrument_id)
        size = self.draw.randint(1, int(abs(held)))
        return ctx.oco(bar.instrument_id, size, **self.exits(bar, ctx, 1 if held > 0 else -1))

    def exits(self, bar: Bar, ctx: Context, side: int) -> dict[str, Decimal]:
        """A take profit, and a stop that stands or trails."""
        found = {"take_profit": self.near(bar, ctx, side * self.draw.randint(6, 30))}
        if self.draw.random() < 0.3:
            found["trail_percent"] = Decimal("0.15")
        else:
            found["stop_loss"] = self.near(bar, ctx, -side * self.draw.randint(6, 30))
        return found

    def near(self, bar: Bar, ctx: Context, cents: int) -> Decimal:
        """The close and so many cents, on the tick."""
        return ctx.to_tick(bar.close + cents / 100, bar.instrument_id)

    def note(self, group: Bracket) -> None:
        """Remember its requests, to cancel one some time."""
        self.made += [one for one in (group.entry, group.take_profit, group.stop_loss) if one]

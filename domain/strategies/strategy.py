"""What a strategy author extends."""

from typing import TYPE_CHECKING

from domain.market_data.bar import Bar
from domain.market_data.quote import Quote
from domain.market_data.trade import Trade
from domain.strategies.views import Fill, OrderView

if TYPE_CHECKING:
    from domain.strategies.context import Context


class Strategy:
    """A way to trade. Make it a dataclass: its fields are its parameters.

    Override the handlers you need; those you leave alone cost nothing. A handler sees the account
    as it is after the event it is called for. What it wishes for is placed after the next bar or
    quote has been handled, so a strategy decides the same in a backtest, on paper and live.
    An exception ends the run it happens in, and no other.
    """

    def on_start(self, ctx: "Context") -> None:
        """Once, before anything else."""

    def on_bar(self, bar: Bar, ctx: "Context") -> None:
        """A bar closed."""

    def on_quote(self, quote: Quote, ctx: "Context") -> None:
        """The best bid or ask changed."""

    def on_trade(self, trade: Trade, ctx: "Context") -> None:
        """Somebody traded."""

    def on_fill(self, fill: Fill, ctx: "Context") -> None:
        """One of the account's orders traded."""

    def on_order(self, order: OrderView, ctx: "Context") -> None:
        """One of the account's orders changed its state; after a fill, `on_fill` came first."""

    def on_parameters(self, ctx: "Context") -> None:
        """The parameters have other values, which the fields hold already.

        Unless you say otherwise the strategy starts anew: this calls `on_start`, and what you set
        up there begins from nothing. Its positions and working orders stay as they are. Override
        it to keep what was learnt, an average that has warmed up for instance.
        """
        self.on_start(ctx)

    def on_stop(self, ctx: "Context") -> None:
        """Once, after everything else; wishes are not placed any more."""

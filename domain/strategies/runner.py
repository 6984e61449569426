"""Runs one strategy over events, the same way in every shell."""

from collections.abc import Callable
from typing import Any

from domain.errors import InvalidRequest
from domain.instruments import Instruments
from domain.market_data.bar import Bar
from domain.market_data.quote import Quote
from domain.market_data.trade import Trade
from domain.orders.account import Account
from domain.orders.events import (
    BooksAdjusted,
    CapitalDeposited,
    Event,
    LedgerPosted,
    OrderFilled,
)
from domain.orders.order import Order
from domain.orders.request import Wish
from domain.strategies.context import Context
from domain.strategies.strategy import Strategy
from domain.strategies.views import view_fill, view_order

_OF_MONEY = (LedgerPosted, CapitalDeposited, BooksAdjusted)  # a tuple: a union is made anew


class StrategyFailed(InvalidRequest):
    """The author's code raised; the cause is chained to this."""

    default_reason = "STRATEGY_RAISED"


def _said(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  the author's own __str__ may raise whatever it likes
        return "(it cannot say what)"


class StrategyRunner:
    """One strategy and the account it sees: events in, wishes out.

    `account` is the account itself in a backtest, and in a live run its shadow, which `step`
    rebuilds from the account's events. The same events always give the same wishes, numbered
    from 1. The shell places them through the account's gate after the next bar, quote or trade
    was handed over: wishes made at the start or on news of orders wait for it too.
    """

    def __init__(self, strategy: Strategy, account: Account, instruments: Instruments) -> None:
        self.strategy = strategy
        self.account = account
        self.ctx = Context(account, instruments)
        self.wishes = self.ctx.wishes
        self._tells_fills = _overrides(strategy, "on_fill")
        self._tells_orders = _overrides(strategy, "on_order")
        self._known: dict[int, Order] = dict(account.orders)  # ended ones leave the account
        self._record = account.record
        if self._tells_fills or self._tells_orders:
            account.record = self._heard
        self._handlers: dict[type, Callable[[Any], None]] = {
            Bar: self._bar,
            Quote: self._quote,
            Trade: self._trade,
        }

    def start(self) -> list[Wish]:
        """Call `on_start`; return what it wished for. Raises StrategyFailed."""
        self._call(self.strategy.on_start, self.ctx)
        return self._take()

    def step(self, event: Bar | Quote | Trade | Event) -> list[Wish]:
        """Take one event in, and return what the strategy wishes for after it.

        An account event first changes the shadow. Raises StrategyFailed when the author's code
        does, and IllegalTransition when an account event cannot be.
        """
        self._handlers.get(type(event), self._account_event)(event)
        return self._take()

    def change(self) -> list[Wish]:
        """Call `on_parameters`; return what it wished for. Raises StrategyFailed."""
        self._call(self.strategy.on_parameters, self.ctx)
        return self._take()

    def stop(self) -> None:
        """Call `on_stop`. Raises StrategyFailed."""
        self._call(self.strategy.on_stop, self.ctx)
        self.wishes.clear()

    def take_log(self) -> list[tuple[int, str]]:
        """What the strategy logged since the last call, each line with its time."""
        lines, self.ctx.lines = self.ctx.lines, []
        return lines

    def failed(self, error: Exception) -> StrategyFailed:
        """What the author's `error` is to everybody else."""
        if isinstance(error, StrategyFailed):
            return error
        name = type(self.strategy).__name__
        what = f"{type(error).__name__}: {_said(error)}"
        text = f"{name} failed at {self.ctx.time.isoformat()}: {what}"
        return StrategyFailed(text, violations={"strategy": text}, strategy=name)

    def _bar(self, bar: Bar) -> None:
        self.ctx.now = bar.ts
        self.account.mark(bar.instrument_id, bar.close)
        self._call(self.strategy.on_bar, bar, self.ctx)

    def _quote(self, quote: Quote) -> None:
        self.ctx.now = quote.ts
        if quote.bid_size and quote.ask_size:
            self.account.mark(quote.instrument_id, (quote.bid + quote.ask) / 2)
        self._call(self.strategy.on_quote, quote, self.ctx)

    def _trade(self, trade: Trade) -> None:
        self.ctx.now = trade.ts
        self.account.mark(trade.instrument_id, trade.price)
        self._call(self.strategy.on_trade, trade, self.ctx)

    def _account_event(self, event: Event) -> None:
        self.ctx.now = event.ts
        self.account.apply(event)

    def _heard(self, event: Event) -> None:
        """An account event happened: keep it, then tell the strategy."""
        self._record(event)
        if isinstance(event, _OF_MONEY):
            return
        self.ctx.now = event.ts
        order = self._known.get(event.order_id) or self.account.order(event.order_id)
        self._known[event.order_id] = order
        instrument = self.account.instruments[order.instrument_id]
        if self._tells_fills and isinstance(event, OrderFilled):
            self._call(self.strategy.on_fill, view_fill(event, order, instrument), self.ctx)
        if self._tells_orders:
            self._call(self.strategy.on_order, view_order(order, instrument), self.ctx)
        if not order.is_working:
            del self._known[event.order_id]

    def _call(self, handler: Callable[..., None], *arguments: object) -> None:
        try:
            handler(*arguments)
        except Exception as error:  # an author's code may raise anything
            raise self.failed(error) from error

    def _take(self) -> list[Wish]:
        wishes = self.wishes[:]
        self.wishes.clear()
        return wishes


def _overrides(strategy: Strategy, handler: str) -> bool:
    return getattr(type(strategy), handler) is not getattr(Strategy, handler)

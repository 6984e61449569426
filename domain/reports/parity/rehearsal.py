"""A recorded run in a simulated market: the account, the gate and the exchange of a backtest."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from domain.backtests.sending import Sending
from domain.errors import DomainError
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.account import Account
from domain.orders.events import Event, OrderSubmitted
from domain.orders.groups.groups import AccountHands, Groups
from domain.orders.halts import RUN_PAUSED
from domain.orders.request import CancelRequest, GroupRequest, OrderRequest, Side, Wish
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.simulation.exchange import Exchange
from domain.simulation.fees import Fees

_PIECES = 1_000  # the numbers that a command's orders may take


class Rehearsal:
    """What would have come of a run, had its broker been the simulated exchange.

    It begins with the money and the positions that the account had when the run began, and goes on
    by the rules of a backtest. What others did in the account meanwhile is left out, and so are
    limits by scope: an account's own bounds hold.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        limits: RiskLimits,
        history: Iterable[Event],
        start_ts: int,
        *,
        fees: Fees | None = None,
    ) -> None:
        self._news: list[Event] = []
        before = Account(instruments, limits, _forget)
        for event in history:
            before.apply(event)
        kept = before.state()
        recent = tuple(ts for ts in kept.recent if ts <= start_ts)
        self._account = Account(instruments, limits, self._news.append)
        self._account.restore(structs.replace(kept, orders=(), recent=recent))
        self._exchange = Exchange(self._account.apply, instruments, fees=fees)
        self._groups = Groups(self._account, AccountHands(self._account))
        self._sending = Sending(self._account, self._exchange, self._groups)
        self._opened = {key: position.quantity for key, position in self._account.positions.items()}

    def news(self) -> list[Event]:
        """What happened in the account since this was last asked."""
        news = self._news[:]
        self._news.clear()
        return news

    def meet(self, bar: Bar) -> None:
        """The market moves to this bar."""
        self._exchange.match(bar)
        self._account.mark(bar.instrument_id, bar.close)
        if self._groups:
            self._sending.follow(bar.ts)

    def place(self, ts: int, wishes: Sequence[Wish], *, may_only_reduce: bool) -> None:
        """Brings the wishes through the gate and to the exchange. What cannot be is left out."""
        halted = RUN_PAUSED if may_only_reduce else ""
        for wish in wishes:
            try:
                self._place(ts, wish, halted)
            except DomainError:
                continue  # a run that did this ended by it; its record says so
            if self._groups:
                self._sending.follow(ts)

    def flatten(self, ts: int, instrument_id: str, number: int) -> None:
        """Cancels everything, and closes what was traded on balance; `number` is the command's."""
        for order in list(self._account.orders.values()):
            self._cancel(ts, order.order_id)
        position = self._account.position(instrument_id)
        traded = position.quantity - self._opened.get(instrument_id, 0)
        if position.quantity * traded > 0:
            side = Side.SELL if traded > 0 else Side.BUY
            quantity = min(abs(position.quantity), abs(traded))
            request = -(number * _PIECES) - 1
            self._place(ts, OrderRequest(request, instrument_id, side, quantity), "")

    def _place(self, ts: int, wish: Wish, halted: str) -> None:
        if isinstance(wish, CancelRequest):
            for order in list(self._account.orders.values()):
                if order.request == wish.request:
                    self._cancel(ts, order.order_id)
        elif isinstance(wish, GroupRequest):
            self._groups.place(ts, wish)
        else:
            order = self._account.place(ts, wish, halted=halted)
            if order.state is OrderState.CREATED:
                self._account.submitted(OrderSubmitted(ts, order.order_id))
                self._exchange.submit(ts, order)

    def _cancel(self, ts: int, number: int) -> None:
        self._account.cancel(ts, number)
        self._exchange.cancel(ts, number)


def _forget(_event: Event) -> None:
    """Its history is known."""

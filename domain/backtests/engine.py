"""The backtest loop: columns in, the same core as live trading, a log and a curve out."""

from collections.abc import Callable, Iterable, Mapping
from itertools import count, repeat
from typing import TypeVar

from msgspec import Struct

from domain.backtests.equity import CurveBuilder, Steps
from domain.backtests.journal import Journal, Sink
from domain.backtests.result import BacktestResult
from domain.backtests.sending import Sending
from domain.backtests.windows import Window, windows
from domain.errors import NotAllowedNow, invalid
from domain.instruments import Instruments
from domain.market_data.bar import Bar
from domain.market_data.columns import BarColumns
from domain.market_data.quote import Quote
from domain.market_data.quote_columns import QuoteColumns
from domain.orders.account import Account
from domain.orders.events import OrderSubmitted
from domain.orders.groups.groups import AccountHands, Groups
from domain.orders.position import Position
from domain.orders.request import CancelRequest, OrderRequest
from domain.orders.risk import RiskLimits
from domain.orders.risk.gate import Gate
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from domain.orders.state import OrderState
from domain.simulation.exchange import Exchange
from domain.simulation.fees import Fees
from domain.strategies.context import Context
from domain.strategies.runner import StrategyRunner
from domain.strategies.strategy import Strategy

T = TypeVar("T", Bar, Quote)
_CREATED = OrderState.CREATED
PIECE = 256  # bars between two looks around; their events then still lie in the cache


class BacktestSpec(Struct, frozen=True):
    """What is tested, and under which rules. `cash` is money, scaled."""

    strategy: Strategy
    instruments: Instruments
    cash: int
    limits: RiskLimits = RiskLimits()
    fees: Fees | None = None
    volume_percent: int = 0
    periods_per_year: int | None = None
    risk: Limits | None = None
    """What its orders may not pass beside `limits`; the same that would bind a run."""


class Checkpoint(Struct, frozen=True, gc=False):
    """How far a backtest is; `equity` is money, scaled."""

    bar_count: int
    ts: int
    equity: int
    order_count: int


class BacktestCanceled(NotAllowedNow):
    """Somebody asked for the end of the backtest before it was reached."""

    default_reason = "BACKTEST_CANCELED"


def run_backtest(
    spec: BacktestSpec,
    sources: Mapping[str, Iterable[BarColumns | QuoteColumns]],
    *,
    on_progress: Callable[[Checkpoint], None] | None = None,
    is_canceled: Callable[[], bool] | None = None,
    sink: Sink | None = None,
) -> BacktestResult:
    """Run a strategy over checked bars or quotes, given by instrument id, piece by piece.

    For each bar, in the order of close times: resting orders meet it, the strategy hears of
    their fills and then of the bar, its wishes pass the gate and rest until the next bar. The
    same for quotes, where orders meet the next one. What is held at the end stays open and is
    marked at the last close or mid price. `on_progress` and `is_canceled` are called every 256
    bars; the packed log goes to `sink` if there is one, else it stays in the result.

    Raises StrategyFailed when the author's code does, BadBar for unsorted pieces, InvalidRequest
    (`NO_BARS`) without a bar, and BacktestCanceled.
    """
    loop = _Loop(spec, list(sources), Journal(sink))
    for window in windows(sources):
        loop.run(window, on_progress, is_canceled)
    if not loop.bar_count:
        raise invalid("bars", "there are none", reason="NO_BARS")
    return loop.finish()


class _Loop:
    """Account, exchange and strategy of one backtest."""

    def __init__(self, spec: BacktestSpec, names: list[str], journal: Journal) -> None:
        self.bar_count = 0
        self._spec = spec
        self._names = [spec.instruments.resolve(name).instrument_id for name in names]
        self._places = {name: index for index, name in enumerate(self._names)}
        self._journal = journal
        self._account = Account(
            spec.instruments, spec.limits, journal.records.append, keep_ended=False
        )
        if spec.risk is not None:
            self._account.gate = Gate([ScopedLimits(Scope(), spec.risk)])
        self._runner = StrategyRunner(spec.strategy, self._account, spec.instruments)
        self._exchange = Exchange(
            self._account.apply,
            spec.instruments,
            fees=spec.fees,
            volume_percent=spec.volume_percent,
        )
        self._groups = Groups(self._account, AccountHands(self._account))
        self._sending = Sending(self._account, self._exchange, self._groups)
        self._positions = {name: self._account.position(name) for name in self._names}
        self._curve = CurveBuilder([spec.instruments[name] for name in self._names], spec.cash)
        self._start_ts = 0
        self._last_ts = 0

    def run(
        self,
        window: Window,
        on_progress: Callable[[Checkpoint], None] | None,
        is_canceled: Callable[[], bool] | None,
    ) -> None:
        """One window, in pieces."""
        if not self.bar_count:
            columns = window.columns
            self._begin(
                int((columns.open_ts if isinstance(columns, BarColumns) else columns.ts)[0])
            )
        steps = Steps()
        for start in range(0, len(window.columns), PIECE):
            if is_canceled is not None and is_canceled():
                raise BacktestCanceled("the backtest was canceled")
            try:
                self._piece(window, start, steps)
            except Exception as error:  # an author's handler may raise anything
                raise self._runner.failed(error) from error
            self._journal.flush()
            if on_progress is not None:
                on_progress(self._checkpoint())
        columns = window.columns
        marks = (
            columns.close if isinstance(columns, BarColumns) else (columns.bid + columns.ask) / 2
        )
        self._curve.add(columns.ts, marks, window.which, steps)

    def finish(self) -> BacktestResult:
        """Let the strategy say good-bye and sum up."""
        self._runner.stop()
        self._journal.flush()
        return BacktestResult(
            account=self._account,
            journal=self._journal,
            curve=self._curve,
            start_ts=self._start_ts,
            end_ts=self._last_ts,
            cash=self._spec.cash,
            log_lines=self._runner.take_log(),
            periods_per_year=self._spec.periods_per_year,
        )

    def _begin(self, ts: int) -> None:
        self._start_ts = self._runner.ctx.now = ts
        self._account.deposit(ts, self._spec.cash)
        if self._account.gate is not None:
            self._account.gate.look(self._account, ts)
        self._runner.wishes.extend(self._runner.start())  # they wait for the first bar

    def _piece(self, window: Window, start: int, steps: Steps) -> None:
        columns = window.columns.slice(start, start + PIECE)
        names: Iterable[str] = repeat(self._names[0])
        held: Iterable[Position] = repeat(self._positions[self._names[0]])
        if window.which is not None:
            names = [self._names[one] for one in window.which[start : start + PIECE].tolist()]
            held = map(self._positions.__getitem__, names)
        if isinstance(columns, BarColumns):
            self._bars(columns, names, held, start, steps)
        else:
            self._quotes(columns, names, held, start, steps)
        self.bar_count += len(columns)
        self._last_ts = int(columns.ts[-1])

    def _bars(
        self,
        bars: BarColumns,
        names: Iterable[str],
        held: Iterable[Position],
        first: int,
        steps: Steps,
    ) -> None:
        """The hot loop. Everything it calls is shared with paper and live trading."""
        ctx, wishes = self._runner.ctx, self._runner.wishes
        on_bar, match = self._watched(self._runner.strategy.on_bar), self._exchange.match
        working, ledger = self._account.orders, self._account.ledger
        groups = self._groups.known
        columns = [column.tolist() for column in bars.arrays]
        for row, bar, position in zip(count(first), map(Bar, names, *columns), held, strict=False):
            if working:
                cash = ledger.cash
                match(bar)
                if ledger.cash != cash:
                    place = self._places[bar.instrument_id]
                    steps.add(row, place, position.quantity, ledger.cash)
                if groups:
                    position.last = bar.close
                    self._sending.follow(bar.ts)
            position.last = bar.close
            ctx.now = bar.ts
            on_bar(bar, ctx)
            if wishes:
                self._place(bar.ts)

    def _quotes(
        self,
        quotes: QuoteColumns,
        names: Iterable[str],
        held: Iterable[Position],
        first: int,
        steps: Steps,
    ) -> None:
        """The same for quotes."""
        ctx, wishes = self._runner.ctx, self._runner.wishes
        on_quote = self._watched(self._runner.strategy.on_quote)
        match = self._exchange.match_quote
        working, ledger = self._account.orders, self._account.ledger
        groups = self._groups.known
        columns = [column.tolist() for column in quotes.arrays]
        for row, quote, position in zip(
            count(first), map(Quote, names, *columns), held, strict=False
        ):
            if working:
                cash = ledger.cash
                match(quote)
                if ledger.cash != cash:
                    place = self._places[quote.instrument_id]
                    steps.add(row, place, position.quantity, ledger.cash)
                if groups:
                    position.last = (quote.bid + quote.ask) / 2
                    self._sending.follow(quote.ts)
            position.last = (quote.bid + quote.ask) / 2
            ctx.now = quote.ts
            on_quote(quote, ctx)
            if wishes:
                self._place(quote.ts)

    def _place(self, ts: int) -> None:
        """Bring the queued wishes through the gate and to the exchange."""
        account, wishes = self._account, self._runner.wishes
        queued = wishes[:]
        wishes.clear()
        gate, groups, nth = account.gate, self._groups.known, 0
        for wish in queued:
            if gate is not None and not isinstance(wish, CancelRequest):
                nth += 1
                gate.turn(nth=nth)
            if isinstance(wish, OrderRequest):
                order = account.place(ts, wish)
                if order.state == _CREATED:
                    account.submitted(OrderSubmitted(ts, order.order_id))
                    self._exchange.submit(ts, order)
            elif isinstance(wish, CancelRequest):
                self._cancel(ts, wish.request)
            else:
                self._groups.place(ts, wish)
            if groups:
                self._sending.follow(ts)

    def _watched(self, handler: Callable[[T, Context], None]) -> Callable[[T, Context], None]:
        """The strategy's handler; where the gate follows the equity, it looks first."""
        account, gate = self._account, self._account.gate
        if gate is None or not gate.follows_equity:
            return handler

        def watched(event: T, ctx: Context) -> None:
            gate.look(account, event.ts)
            handler(event, ctx)

        return watched

    def _cancel(self, ts: int, request: int) -> None:
        for order in self._account.orders.values():
            if order.request == request:
                self._account.cancel(ts, order.order_id)
                self._exchange.cancel(ts, order.order_id)
                return

    def _checkpoint(self) -> Checkpoint:
        account = self._account
        return Checkpoint(self.bar_count, self._last_ts, account.equity, account.order_count)

"""Backtest and live run are held to the same limits by the same code, decision by decision."""

from decimal import Decimal

import msgspec
import pytest

from domain.backtests import BacktestSpec, run_backtest
from domain.instruments import Instruments
from domain.market_data.columns import BarColumns
from domain.orders.account import Account
from domain.orders.events import Event, OrderDenied, OrderSubmitted, events_to_bytes
from domain.orders.request import OrderRequest
from domain.orders.risk import RiskLimits
from domain.orders.risk.gate import Gate
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from domain.orders.risk.watched import Counted, Watched
from domain.simulation.exchange import Exchange
from domain.strategies.runner import StrategyRunner
from tests.builders import AAPL, MINUTE, a_walk, an_instrument
from tests.unit.domain.backtests.strategies import Gambler
from tests.unit.domain.orders.risk.gated import MONEY

INSTRUMENTS = Instruments([an_instrument()])
CASH = 100_000 * MONEY
EVERY_LIMIT = Limits(
    max_order_quantity=Decimal(90),
    max_position_quantity=Decimal(300),
    max_gross_exposure_percent=Decimal(15),
    max_net_exposure=Decimal(35_000),
    max_orders_per_second=2,
    max_orders_per_decision=3,
    identical_order_window=5 * MINUTE,
    price_collar_percent=Decimal("0.1"),
    no_self_cross=True,
)


class LiveShell:
    """Broker, account and strategy know only each other's words; the gate is made anew from what
    was kept before every change."""

    def __init__(self, seed: int, limits: Limits) -> None:
        self.scoped = [ScopedLimits(Scope(), limits)]
        self.log: list[Event] = []
        self.account = Account(INSTRUMENTS, RiskLimits(), self.log.append)
        self.account.gate = Gate(self.scoped)
        self.exchange = Exchange(self.account.apply, INSTRUMENTS)
        shadow = Account(INSTRUMENTS, RiskLimits(), lambda _: None)
        self.runner = StrategyRunner(Gambler(seed), shadow, INSTRUMENTS)

    def run(self, bars: BarColumns) -> bytes:
        first, told = int(bars.open_ts[0]), 0
        self.account.deposit(first, CASH)
        self.gate.look(self.account, first)
        self.runner.ctx.now = first
        waiting = self.runner.start()
        for bar in bars.bars(AAPL):
            self.exchange.match(bar)
            self.account.mark(AAPL, bar.close)
            self.restart().look(self.account, bar.ts)
            for event in [*self.log[told:], bar]:
                waiting += self.runner.step(event)
            told = len(self.log)
            queued, waiting = waiting, []
            nth = 0
            for wish in queued:
                if isinstance(wish, OrderRequest):
                    nth += 1
                    self.restart().turn("run_1", nth)
                    self.place(bar.ts, wish)
                else:
                    self.cancel(bar.ts, wish.request)
        return events_to_bytes(self.log)

    @property
    def gate(self) -> Gate:
        assert self.account.gate is not None
        return self.account.gate

    def restart(self) -> Gate:
        before = self.gate
        watched = msgspec.msgpack.decode(msgspec.msgpack.encode(before.watched), type=Watched)
        counted = [Counted(scope, recent) for scope, recent in before.counted.items()]
        self.account.gate = Gate(self.scoped, watched, counted=counted, halts=before.halts)
        return self.gate

    def place(self, ts: int, wish: OrderRequest) -> None:
        order = self.account.place(ts, wish)
        if order.is_working:
            self.account.submitted(OrderSubmitted(ts, order.order_id))
            self.exchange.submit(ts, order)

    def cancel(self, ts: int, request: int) -> None:
        for order in self.account.orders.values():
            if order.request == request:
                self.account.cancel(ts, order.order_id)
                self.exchange.cancel(ts, order.order_id)
                return


@pytest.mark.parametrize(
    ("limits", "reasons"),
    [
        (EVERY_LIMIT, {"MAX_ORDER_QUANTITY", "PRICE_COLLAR", "SELF_CROSS", "MAX_GROSS_EXPOSURE"}),
        (
            Limits(max_daily_loss_percent=Decimal("0.05"), max_orders_per_minute=1),
            {"DAILY_LOSS", "ORDER_RATE_EXCEEDED"},
        ),
        (
            Limits(max_drawdown=Decimal(300), long_only=True),
            {"DRAWDOWN", "SHORT_SELLING_NOT_ALLOWED"},
        ),
    ],
)
def test_backtest_and_live_run_refuse_the_same_orders_for_the_same_reasons(
    limits: Limits, reasons: set[str]
) -> None:
    denied: set[str] = set()
    for seed in range(4):
        bars = a_walk(1_000, seed)
        spec = BacktestSpec(Gambler(seed), INSTRUMENTS, CASH, risk=limits)
        shell = LiveShell(seed, limits)
        assert shell.run(bars) == run_backtest(spec, {AAPL: [bars]}).log
        denied |= {event.reason for event in shell.log if isinstance(event, OrderDenied)}
    assert reasons <= denied

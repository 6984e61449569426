"""The same decisions in every shell: the tight loop, the live order of events, and a replay."""

import msgspec
import pytest

from domain.backtests import BacktestSpec, run_backtest
from domain.instruments import Instruments
from domain.market_data.columns import BarColumns
from domain.orders.account import Account
from domain.orders.events import (
    Event,
    OrderSubmitted,
    event_from_bytes,
    event_to_bytes,
    events_to_bytes,
)
from domain.orders.request import CancelRequest, Wish
from domain.orders.risk import RiskLimits
from domain.simulation.exchange import Exchange
from domain.simulation.fills import Resting
from domain.strategies import Strategy
from domain.strategies.runner import StrategyRunner
from tests.builders import AAPL, a_walk, an_instrument
from tests.unit.domain.backtests.strategies import Gambler, SmaCross

INSTRUMENTS = Instruments([an_instrument()])
CASH = 100_000 * 10**9


class LiveShell:
    """A run as the services drive it: broker, account and strategy know only each other's words.

    For a bar: the broker matches it in its own book, the account books the reports, the strategy
    hears the account's news and then the bar, and what it wishes for is placed and sent.
    """

    def __init__(self, strategy: Strategy) -> None:
        self.log: list[Event] = []
        self.inputs: list[object] = []
        self.told = 0
        self.account = Account(INSTRUMENTS, RiskLimits(), self.log.append)
        self.exchange = Exchange(self.report, INSTRUMENTS)
        shadow = Account(INSTRUMENTS, RiskLimits(), lambda _: None)
        self.runner = StrategyRunner(strategy, shadow, INSTRUMENTS)
        self.waiting: list[Wish] = []

    def report(self, event: Event) -> None:
        self.account.apply(event_from_bytes(event_to_bytes(event)))

    def run(self, bars: BarColumns, restart_every: int = 0) -> bytes:
        self.account.deposit(int(bars.open_ts[0]), CASH)
        self.runner.ctx.now = int(bars.open_ts[0])
        self.waiting += self.runner.start()
        for number, bar in enumerate(bars.bars(AAPL), 1):
            self.exchange.match(bar)
            for event in self.log[self.told :]:
                self.hand_over(event)
            self.told = len(self.log)
            self.hand_over(bar)
            self.account.mark(AAPL, bar.close)
            queued, self.waiting = self.waiting, []
            for wish in queued:
                self.place(bar.ts, wish)
            if restart_every and number % restart_every == 0:
                self.restart()
        return events_to_bytes(self.log)

    def hand_over(self, event: object) -> None:
        self.inputs.append(event)
        self.waiting += self.runner.step(event)

    def place(self, ts: int, wish: Wish) -> None:
        if isinstance(wish, CancelRequest):
            for order in self.account.orders.values():
                if order.request == wish.request:
                    self.account.cancel(ts, order.order_id)
                    self.exchange.cancel(ts, order.order_id)
                    return
            return
        order = self.account.place(ts, wish)
        if order.is_working:
            self.account.submitted(OrderSubmitted(ts, order.order_id))
            self.exchange.submit(ts, order)

    def restart(self) -> None:
        """Drop everything; books come back from what was kept, the strategy from its inputs."""
        marks = {name: one.last for name, one in self.account.positions.items()}
        kept = msgspec.msgpack.decode(
            msgspec.msgpack.encode(self.account.state()), type=type(self.account.state())
        )
        self.account = Account(INSTRUMENTS, RiskLimits(), self.log.append)
        self.account.restore(kept)
        for name, price in marks.items():
            self.account.mark(name, price)
        resting = msgspec.msgpack.encode(self.exchange.resting)
        self.exchange = Exchange(self.report, INSTRUMENTS)
        self.exchange.restore(msgspec.msgpack.decode(resting, type=list[Resting]))
        strategy = type(self.runner.strategy)(
            **{name: getattr(self.runner.strategy, name) for name in ("seed",)}
        )
        shadow = Account(INSTRUMENTS, RiskLimits(), lambda _: None)
        self.runner = StrategyRunner(strategy, shadow, INSTRUMENTS)
        self.runner.start()
        for event in self.inputs:
            self.runner.step(event)


def backtest_log(strategy: Strategy, bars: BarColumns) -> bytes:
    return run_backtest(BacktestSpec(strategy, INSTRUMENTS, CASH), {AAPL: [bars]}).log


@pytest.mark.parametrize("seed", range(8))
def test_a_live_run_makes_the_log_of_the_backtest_byte_for_byte(seed: int) -> None:
    bars = a_walk(1_500, seed)
    log = backtest_log(Gambler(seed), bars)
    assert LiveShell(Gambler(seed)).run(bars) == log
    assert len(log) > 10_000


def test_so_does_a_run_that_is_restarted_again_and_again() -> None:
    bars = a_walk(600, 3)
    assert LiveShell(Gambler(3)).run(bars, restart_every=37) == backtest_log(Gambler(3), bars)


def test_and_the_everyday_strategy() -> None:
    bars = a_walk(3_000, 9)
    assert LiveShell(SmaCross()).run(bars) == backtest_log(SmaCross(), bars)


@pytest.mark.parametrize("seed", range(3))
def test_a_recorded_log_replayed_gives_the_same_account_and_bytes(seed: int) -> None:
    result = run_backtest(
        BacktestSpec(Gambler(seed), INSTRUMENTS, CASH), {AAPL: [a_walk(3_000, seed)]}
    )
    log: list[Event] = []
    again = Account(INSTRUMENTS, RiskLimits(), log.append, keep_ended=False)
    for event in result.events():
        again.apply(event)
    assert events_to_bytes(log) == result.log
    assert again.state() == result.account.state()

from decimal import Decimal

import pytest

from domain.orders.account import Account
from domain.orders.events import OrderFilled
from domain.orders.request import OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import IllegalTransition
from domain.strategies import Bar, Context, Fill, OrderState, OrderView, Quote, Strategy, Trade
from domain.strategies.runner import StrategyFailed, StrategyRunner
from tests.builders import AAPL, MONDAY_OPEN, AnAccount, a_bar


class Diary(Strategy):
    """Writes down what it hears, with the position as it was then."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def on_start(self, ctx: Context) -> None:
        self.lines.append(("start",))

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.lines.append(("bar", bar.close, ctx.position(AAPL), ctx.equity))

    def on_fill(self, fill: Fill, ctx: Context) -> None:
        self.lines.append(("fill", fill.price, fill.quantity, ctx.position(AAPL)))

    def on_order(self, order: OrderView, ctx: Context) -> None:
        self.lines.append(("order", order.state.name, ctx.position(AAPL)))

    def on_stop(self, ctx: Context) -> None:
        self.lines.append(("stop",))


def a_runner(strategy: Strategy) -> tuple[StrategyRunner, AnAccount]:
    """A runner over the shadow of another account."""
    given = AnAccount()
    shadow = Account(given.instruments, RiskLimits(), lambda _: None)
    return StrategyRunner(strategy, shadow, given.instruments), given


def test_a_shadow_hears_what_happened_to_the_account() -> None:
    diary = Diary()
    runner, given = a_runner(diary)
    order = given.work(Side.BUY, 100)
    given.fill(order, "100", 40)
    given.fill(order, "101", 60)
    runner.start()
    for event in given.log:
        runner.step(event)
    runner.step(a_bar(102.0))
    runner.stop()
    assert diary.lines == [
        ("start",),
        ("order", "CREATED", 0),
        ("order", "SUBMITTED", 0),
        ("order", "ACCEPTED", 0),
        ("fill", Decimal(100), Decimal(40), Decimal(40)),
        ("order", "PARTIALLY_FILLED", Decimal(40)),
        ("fill", Decimal(101), Decimal(60), Decimal(100)),
        ("order", "FILLED", Decimal(100)),
        ("bar", 102.0, Decimal(100), Decimal(100_140)),
        ("stop",),
    ]
    assert runner.account.ledger == given.account.ledger


def test_a_denied_order_is_told_with_its_reason() -> None:
    told: list[OrderView] = []

    class Listener(Strategy):
        def on_order(self, order: OrderView, ctx: Context) -> None:
            told.append(order)

    runner, given = a_runner(Listener())
    given.place(Side.BUY, 1_000_000)
    for event in given.log:
        runner.step(event)
    assert [one.state for one in told] == [OrderState.CREATED, OrderState.DENIED]
    assert told[-1].reason == "INSUFFICIENT_BUYING_POWER"


def test_wishes_come_back_from_the_step_they_were_made_in_and_once() -> None:
    class Buyer(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            ctx.buy(AAPL, 1)

        def on_quote(self, quote: Quote, ctx: Context) -> None:
            ctx.buy(AAPL, 2)

        def on_trade(self, trade: Trade, ctx: Context) -> None:
            ctx.buy(AAPL, 3)

    runner, _ = a_runner(Buyer())
    assert runner.start() == []
    events = [
        a_bar(),
        Quote(AAPL, MONDAY_OPEN, 99.0, 101.0, 1.0, 1.0),
        Trade(AAPL, MONDAY_OPEN, 100.0, 1.0),
    ]
    assert [runner.step(event) for event in events] == [
        [OrderRequest(n, AAPL, Side.BUY, n)] for n in (1, 2, 3)
    ]


def test_the_clock_of_a_strategy_is_the_event_it_hears() -> None:
    times: list[int] = []

    class Clock(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            times.append(ctx.now)

        def on_fill(self, fill: Fill, ctx: Context) -> None:
            times.append(ctx.now)

    runner, given = a_runner(Clock())
    given.trade(Side.BUY, 1, "100")
    for event in given.log:
        runner.step(event)
    runner.step(a_bar(minute=5))
    assert times == [given.ts, a_bar(minute=5).ts]


def live_through(runner: StrategyRunner, events: list[object]) -> None:
    runner.start()
    for event in events:
        runner.step(event)
    runner.stop()


@pytest.mark.parametrize("handler", ["on_start", "on_bar", "on_fill", "on_order", "on_stop"])
def test_whatever_the_authors_code_raises_is_its_failure(handler: str) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("oops")

    strategy = type("Broken", (Strategy,), {handler: explode})()
    runner, given = a_runner(strategy)
    given.trade(Side.BUY, 1, "100")
    with pytest.raises(
        StrategyFailed, match=r"Broken failed at .* ZeroDivisionError: oops"
    ) as failure:
        live_through(runner, [*given.log, a_bar()])
    assert failure.value.reason == "STRATEGY_RAISED"
    assert isinstance(failure.value.__cause__, ZeroDivisionError)


def test_an_event_that_cannot_be_is_not_the_authors_failure() -> None:
    runner, given = a_runner(Diary())
    given.place(Side.BUY, 1)
    for event in given.log:
        runner.step(event)
    with pytest.raises(IllegalTransition):
        runner.step(OrderFilled(1, 1, 100, 1))


def test_the_log_is_taken_once() -> None:
    class Talker(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            ctx.log(f"closed at {bar.close}")

    runner, _ = a_runner(Talker())
    runner.step(a_bar(101.0))
    assert runner.take_log() == [(a_bar().ts, "closed at 101.0")]
    assert runner.take_log() == []

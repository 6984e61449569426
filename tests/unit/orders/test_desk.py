"""The desk where strategy runs have their orders placed."""

import random
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.backtests import BacktestSpec, run_backtest
from domain.errors import AlreadyExists, NotAllowedNow, NotFound, Unavailable
from domain.instruments import Instruments
from domain.market_data.bar import Bar
from domain.orders.account import Account
from domain.orders.events import CapitalDeposited, Event, OrderCreated, event_to_bytes
from domain.orders.records import AccountKey
from domain.orders.request import CancelRequest, Side, Wish
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.strategies import Context, Strategy
from domain.strategies.runner import StrategyRunner
from domain.values import MONEY_SCALE
from tests.builders import AAPL, MSFT, a_bar, a_walk, a_wish, an_instrument
from tests.unit.orders.house import House, a_house, a_request, terms
from tests.unit.orders.unreliable import Fault, UnreliableBroker

TENANT = "local"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.furnish()
        yield house


async def wish(house: House, account: AccountKey, *wishes: Wish, run_id: str = "run_1") -> None:
    await house.desk.place(TENANT, account.account_id, run_id, a_bar().ts, wishes)


class Restless(Strategy):
    """Wishes for everything there is, by the dice of its seed."""

    seed: int

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_start(self, ctx: Context) -> None:
        self.dice = random.Random(self.seed)
        self.asked: list[int] = []
        self.heard = 0

    def on_order(self, order: object, ctx: Context) -> None:
        self.heard += 1
        if self.heard % 11 == 0:
            self.asked.append(ctx.sell(AAPL, 3))

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        for _ in range(self.dice.choice((0, 0, 1, 1, 2))):
            self._wish(bar, ctx)
        if self.asked and self.dice.random() < 0.3:
            ctx.cancel(self.dice.choice(self.asked[-4:]))

    def _wish(self, bar: Bar, ctx: Context) -> None:
        act = self.dice.choice((ctx.buy, ctx.sell))
        near = ctx.to_tick(bar.close * self.dice.uniform(0.999, 1.001), AAPL)
        terms: dict = self.dice.choice(
            ({}, {"limit": near}, {"stop": near}, {"limit": near, "stop": near})
        )
        time_in_force = self.dice.choice(("DAY", "GTC", "IOC", "FOK"))
        quantity = self.dice.choice((1, 10, 100, 100_000))
        self.asked.append(act(AAPL, quantity, time_in_force=time_in_force, **terms))


async def traded_on_paper(house: House, account: AccountKey, strategy: Strategy) -> None:
    """What a host does: advance, tell what happened, tell the bar, place the wishes."""
    instruments = Instruments([an_instrument(AAPL)])
    shadow = Account(instruments, RiskLimits(), lambda event: None)
    runner = StrategyRunner(strategy, shadow, instruments)
    seen = 0
    wishes = runner.start()
    await house.desk.open(TENANT, account.account_id, "run_1", instruments)
    for bar in a_walk(120, seed=3).bars(AAPL):
        await house.show(account, bar)
        for entry in await house.desk.entries(TENANT, account.account_id, after=seen):
            seen = entry.version
            wishes += runner.step(entry.event)
        wishes += runner.step(bar)
        await house.desk.place(TENANT, account.account_id, "run_1", bar.ts, wishes)
        wishes = []


def facts(events: list[Event]) -> list[bytes]:
    return [event_to_bytes(one) for one in events if not isinstance(one, CapitalDeposited)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_paper_trading_makes_the_very_events_of_the_backtest(house: House, seed: int) -> None:
    account = await house.account()
    await traded_on_paper(house, account, Restless(seed))
    spec = BacktestSpec(Restless(seed), Instruments([an_instrument(AAPL)]), 100_000 * MONEY_SCALE)
    tested = run_backtest(spec, {AAPL: [a_walk(120, seed=3)]})
    on_paper = [entry.event for entry in await house.log(account)]
    assert facts(on_paper) == facts(list(tested.events()))
    assert len({type(event) for event in on_paper}) >= 8
    assert sum(isinstance(event, OrderCreated) for event in on_paper) > 100


async def test_a_wish_is_with_the_broker_when_the_desk_returns(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(
        house, account, a_wish(request=1), a_wish(Side.SELL, 5, MSFT, limit=120 * 10**6, request=2)
    )
    states = [(one.request, one.state, one.run_id) for one in await house.orders(account)]
    assert states == [(1, OrderState.ACCEPTED, "run_1"), (2, OrderState.ACCEPTED, "run_1")]


async def test_a_wish_placed_twice_is_one_order_and_with_other_terms_a_conflict(
    house: House,
) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(house, account, a_wish(request=1))
    await wish(house, account, a_wish(request=1))
    assert len(await house.orders(account)) == 1
    with pytest.raises(AlreadyExists):
        await wish(house, account, a_wish(quantity=7, request=1))


async def test_a_denied_wish_is_kept_and_the_next_one_goes_on(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(house, account, a_wish(quantity=10**6, request=1), a_wish(request=2))
    states = [one.state for one in await house.orders(account)]
    assert states == [OrderState.DENIED, OrderState.ACCEPTED]


async def test_a_cancel_of_nothing_or_of_what_is_over_does_nothing(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(house, account, CancelRequest(1))
    await wish(house, account, a_wish(request=1))
    await house.show(account, a_bar(minute=1))
    await wish(house, account, CancelRequest(1))
    assert [one.state for one in await house.orders(account)] == [OrderState.FILLED]


async def test_a_bar_that_was_seen_does_nothing(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar(minute=1))
    await wish(house, account, a_wish(request=1))
    before = await house.log(account)
    await house.show(account, a_bar(50.0, minute=1), a_bar(70.0, minute=0))
    assert await house.log(account) == before
    late = await house.place_order(account, terms(quantity=1), a_request())
    assert late.create_ts == a_bar(minute=1).ts
    await house.show(account, a_bar(50.0, minute=2))
    assert [one.state for one in await house.orders(account)] == [
        OrderState.FILLED,
        OrderState.CREATED,
    ]


async def test_one_run_drives_an_account_at_a_time(house: House) -> None:
    account = await house.account()
    await house.open_market(account, "run_1")
    await house.open_market(account, "run_1")
    with pytest.raises(NotAllowedNow) as refusal:
        await house.open_market(account, "run_2")
    assert refusal.value.reason == "ACCOUNT_BUSY"
    await house.desk.close(TENANT, account.account_id, "run_1")
    await house.open_market(account, "run_2")
    await house.desk.close(TENANT, account.account_id, "run_1")
    await house.show(account, a_bar())


async def test_a_new_run_starts_without_the_prices_of_the_last_one(house: House) -> None:
    account = await house.account()
    await house.open_market(account, "run_1")
    await house.show(account, a_bar())
    await house.desk.close(TENANT, account.account_id, "run_1")
    await house.open_market(account, "run_2")
    await wish(house, account, a_wish(request=1), run_id="run_2")
    [order] = await house.orders(account)
    assert (order.state, order.reason) == (OrderState.DENIED, "NO_REFERENCE_PRICE")


async def test_closing_cancels_what_the_run_has_working_and_nothing_else(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    mine = await house.place(account, terms(quantity=10, limit="50"))
    await wish(house, account, *(a_wish(quantity=1, limit=50 * 10**6, request=n) for n in (1, 2)))
    for _ in range(2):
        await house.desk.close(TENANT, account.account_id, "run_1")
    states = {one.request: one.state for one in await house.orders(account)}
    assert states == {0: OrderState.ACCEPTED, 1: OrderState.CANCELED, 2: OrderState.CANCELED}
    assert (await house.money(account)).reserved == Decimal(500)
    assert await house.state(account, mine.order_id) is OrderState.ACCEPTED


async def test_a_market_that_nobody_opened_cannot_move(house: House) -> None:
    account = await house.account()
    with pytest.raises(NotAllowedNow) as refusal:
        await house.show(account, a_bar())
    assert refusal.value.reason == "MARKET_NOT_OPEN"


async def test_an_account_that_is_not_there_is_not_found(house: House) -> None:
    nobody = AccountKey(TENANT, "acc_none")
    for asked in (
        house.desk.open(TENANT, "acc_none", "run_1", {}),
        house.desk.close(TENANT, "acc_none", "run_1"),
        house.desk.entries(TENANT, "acc_none", after=0),
        wish(house, nobody, a_wish(request=1)),
    ):
        with pytest.raises(NotFound):
            await asked


async def test_a_run_whose_broker_is_silent_hears_of_it_and_may_ask_again(house: House) -> None:
    account = await house.account()
    broker = UnreliableBroker(house.paper)
    house.connect(broker)
    await house.open_market(account)
    await house.show(account, a_bar())
    broker.fail("submit", Fault.ANSWER_LOST)
    broker.fail("ask", *[Fault.LOST] * 20)
    with pytest.raises(Unavailable):
        await wish(house, account, a_wish(request=1))
    broker.faults.clear()
    await wish(house, account, a_wish(request=1))
    assert [one.state for one in await house.orders(account)] == [OrderState.ACCEPTED]


async def test_closing_cancels_an_order_in_doubt_too(house: House) -> None:
    account = await house.account()
    broker = UnreliableBroker(house.paper)
    house.connect(broker)
    await house.open_market(account)
    await house.show(account, a_bar())
    broker.fail("submit", Fault.ANSWER_LOST)
    broker.fail("ask", *[Fault.LOST] * 20)
    with pytest.raises(Unavailable):
        await wish(house, account, a_wish(request=1))
    broker.faults.clear()
    await house.desk.close(TENANT, account.account_id, "run_1")
    assert [one.state for one in await house.orders(account)] == [OrderState.CANCELED]


async def test_prices_of_the_market_mark_the_account(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await house.place_order(account, terms(), request := a_request())
    order = await house.place_order(account, terms(), request)
    await house.dispatch(account, order.order_id)
    await house.show(account, a_bar(100.0, close=110.0, minute=1))
    money = await house.money(account)
    assert (money.cash, money.equity) == (Decimal(90_000), Decimal(101_000))
    [position] = await house.accounts.positions(TENANT, account.account_id, after="", limit=9)
    assert (position.last_price, position.unrealised) == (Decimal(110), Decimal(1000))


async def flatten(house: House, account: AccountKey, number: int, *order_ids: str):
    return await house.desk.flatten(
        TENANT, account.account_id, "run_1", AAPL, number=number, ts=a_bar().ts, order_ids=order_ids
    )


async def a_run_that_holds(house: House, quantity: int) -> AccountKey:
    """An account in which run_1 has bought so much, and has an order far away."""
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(
        house,
        account,
        a_wish(quantity=quantity, request=1),
        a_wish(quantity=5, limit=50 * 10**6, request=2),
    )
    await house.show(account, a_bar(minute=1))
    return account


async def test_who_may_only_reduce_has_the_rest_denied(house: House) -> None:
    account = await a_run_that_holds(house, 10)
    wishes = [a_wish(request=3), a_wish(Side.SELL, 4, request=4), CancelRequest(2)]
    await house.desk.place(
        TENANT, account.account_id, "run_1", a_bar().ts, wishes, may_only_reduce=True
    )
    found = [(one.state, one.reason) for one in await house.orders(account)]
    assert found[1:] == [
        (OrderState.CANCELED, ""),
        (OrderState.DENIED, "RUN_PAUSED"),
        (OrderState.ACCEPTED, ""),
    ]


async def test_flattening_twice_is_flattening_once(house: House) -> None:
    account = await a_run_that_holds(house, 10)
    [far_away] = await house.desk.working(TENANT, account.account_id, "run_1")
    first = await flatten(house, account, 1, far_away)
    assert [(one.side, one.quantity) for one in first.orders] == [(Side.SELL, 10)]
    assert [one.order_id for one in first.canceled] == [far_away]
    assert await flatten(house, account, 1, far_away) == first
    again = await flatten(house, account, 2)
    assert (again.orders, again.canceled) == ((), ()), "what works already closes all of it"
    await house.show(account, a_bar(minute=2))
    assert (await house.read.position(account, AAPL)).quantity == 0
    assert len(await house.orders(account)) == 3


async def test_a_flattening_closes_what_the_account_still_holds_and_no_more(house: House) -> None:
    account = await a_run_that_holds(house, 10)
    await house.place(account, terms(Side.SELL, 7))
    await house.show(account, a_bar(minute=2))
    await house.place(account, terms(Side.SELL, 1, limit="150"))
    closed = await flatten(house, account, 1)
    assert [one.quantity for one in closed.orders] == [2]
    await house.show(account, a_bar(minute=3))
    assert (await house.read.position(account, AAPL)).quantity == 1


async def test_a_run_that_is_long_does_not_close_what_others_hold_short(house: House) -> None:
    account = await a_run_that_holds(house, 10)
    await house.place(account, terms(Side.SELL, 30))
    await house.show(account, a_bar(minute=2))
    preview = await house.desk.preview_flatten(TENANT, account.account_id, "run_1", AAPL)
    assert preview.orders == ()
    assert (await flatten(house, account, 1)).orders == ()


async def test_a_flattening_waits_for_a_silent_broker_and_goes_on(house: House) -> None:
    account = await a_run_that_holds(house, 10)
    order_ids = await house.desk.working(TENANT, account.account_id, "run_1")
    shaky = UnreliableBroker(house.paper)
    house.connect(shaky)
    await house.open_market(account)
    shaky.faults["cancel"].extend([Fault.LOST] * 20)
    with pytest.raises(Unavailable):
        await flatten(house, account, 1, *order_ids)
    shaky.faults["cancel"].clear()
    closed = await flatten(house, account, 1, *order_ids)
    assert [one.quantity for one in closed.orders] == [10]
    assert [one.state for one in closed.canceled] == [OrderState.CANCELED]

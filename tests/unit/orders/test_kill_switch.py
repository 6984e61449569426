"""The kill switch at work: pressed, carried out, verified with the broker, released."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.tables.strategies import runs
from apps.orders.kill.press_kill_switch import WantedPress
from domain.errors import (
    DomainError,
    InvalidRequest,
    NotAllowedNow,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from domain.orders.kill_switch import KillMode, KillState, KillSwitch, Left, Press, Release
from domain.orders.records import AccountKey
from domain.orders.request import OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms
from domain.strategies.run import RunState
from ports.broker import BrokerOrder
from ports.kill_switch import KillSwitchStore
from tests.builders import AAPL, MSFT, a_bar, a_wish, an_instrument
from tests.unit.orders.house import TENANT, a_request, terms
from tests.unit.orders.kill_house import KillHouse, ManualKillFile
from tests.unit.orders.unreliable import Died, Fault, Life, Mortal, UnreliableBroker

FLATTEN, CANCEL_ALL, HALT_NEW = KillMode.FLATTEN, KillMode.CANCEL_ALL, KillMode.HALT_NEW
VERIFIED = KillState.VERIFIED


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[KillHouse]:
    house = KillHouse(tmp_path)
    await house.furnish()
    yield house
    house.crash()


async def holding(
    house: KillHouse, size: int = 100, limits: RiskLimits | None = None
) -> AccountKey:
    """An account that a run drives, and that holds so much of AAPL, signed."""
    account = await house.account("1000000", limits)
    await house.drive(account)
    await house.show(account, a_bar(minute=0))
    await house.place(account, terms(Side.BUY if size > 0 else Side.SELL, abs(size)))
    await house.show(account, a_bar(minute=1))
    assert await held(house, account) == size
    return account


async def held(house: KillHouse, account: AccountKey, instrument_id: str = AAPL) -> Decimal:
    return (await house.read.position(account, instrument_id)).quantity


async def wish(house: KillHouse, account: AccountKey, wanted: OrderRequest) -> None:
    """The run that drives the account wishes."""
    await house.desk.place(TENANT, account.account_id, "run_1", a_bar().ts, [wanted])


async def refusal(house: KillHouse, account: AccountKey, **wanted: object) -> str:
    """Why a client's order is refused; empty when it is taken."""
    try:
        await house.place(account, terms(**wanted))  # type: ignore[arg-type]
    except NotAllowedNow as error:
        return error.reason
    return ""


def left(switch: KillSwitch) -> list[Left]:
    return [one.reason for one in switch.residuals]


# what passes


async def test_new_risk_is_refused_and_what_reduces_passes_in_every_mode(house: KillHouse) -> None:
    account = await holding(house)
    for mode in KillMode:
        switch = await house.press(mode)
        assert await refusal(house, account, quantity=1) == "KILL_SWITCH"
        assert await refusal(house, account, side=Side.SELL, quantity=101) == "KILL_SWITCH"
        assert await refusal(house, account, side=Side.SELL, quantity=1, limit="150") == ""
        await house.release(switch)
    assert await refusal(house, account, quantity=1) == ""


async def test_a_working_order_may_be_canceled_and_made_smaller_but_not_larger(
    house: KillHouse,
) -> None:
    account = await house.account()
    working = await house.place(account, terms(quantity=10, limit="90"))
    await house.press()
    with pytest.raises(NotAllowedNow) as refused:
        await house.replace_order(
            account, working.order_id, NewTerms(quantity=Decimal(11)), a_request()
        )
    assert refused.value.reason == "KILL_SWITCH"
    await house.replace_order(account, working.order_id, NewTerms(quantity=Decimal(9)), a_request())
    await house.dispatch(account, working.order_id)
    assert (await house.order(account, working.order_id)).quantity == 9
    await house.cancel_order(account, working.order_id, a_request())
    await house.dispatch(account, working.order_id)
    assert await house.state(account, working.order_id) == OrderState.CANCELED


async def test_an_order_taken_before_and_not_sent_yet_is_never_sent(house: KillHouse) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place_order(account, terms(), a_request())
    assert order.state == OrderState.CREATED
    await house.press()
    await house.dispatch(account, order.order_id)
    denied = await house.order(account, order.order_id)
    assert (denied.state, denied.reason) == (OrderState.DENIED, "KILL_SWITCH")
    assert "submit" not in broker.calls
    assert (await house.accounts.get(TENANT, account.account_id)).reserved == 0


async def test_larger_terms_taken_before_and_not_sent_yet_are_never_sent(house: KillHouse) -> None:
    account = await holding(house)
    larger = await house.place(account, terms(quantity=10, limit="90"))
    smaller = await house.place(account, terms(quantity=10, limit="90"))
    for order, quantity in ((larger, 11), (smaller, 9)):
        wanted = NewTerms(quantity=Decimal(quantity))
        await house.replace_order(account, order.order_id, wanted, a_request())
    await house.press()
    for order, quantity in ((larger, 10), (smaller, 9)):
        await house.dispatch(account, order.order_id)
        now = await house.order(account, order.order_id)
        assert (now.state, now.quantity) == (OrderState.ACCEPTED, quantity)
    stated = await house.paper.statement(account, since=0)
    assert sorted(one.terms.quantity for one in stated.orders) == [9, 10]


async def test_larger_terms_that_the_broker_took_in_silence_are_booked_by_its_report(
    house: KillHouse,
) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place(account, terms(quantity=10, limit="90"))
    await house.replace_order(account, order.order_id, NewTerms(quantity=Decimal(11)), a_request())
    broker.fail("replace", Fault.ANSWER_LOST, *[Fault.LOST] * 20)
    with pytest.raises(DomainError):
        await house.dispatch(account, order.order_id)
    await house.press()
    await house.dispatch(account, order.order_id)
    assert (await house.order(account, order.order_id)).quantity == 10
    await house.apply_reports(account)
    now = await house.order(account, order.order_id)
    assert (now.state, now.quantity) == (OrderState.ACCEPTED, 11)
    assert (await house.money(account)).reserved == 11 * 90


async def test_an_order_in_doubt_that_never_arrived_is_not_sent_again(house: KillHouse) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place_order(account, terms(), a_request())
    broker.fail("submit", Fault.LOST)
    broker.fail("ask", *[Fault.LOST] * 20)
    with pytest.raises(DomainError):
        await house.dispatch(account, order.order_id)
    assert await house.state(account, order.order_id) == OrderState.IN_DOUBT
    await house.press()
    broker.faults.clear()
    await house.dispatch(account, order.order_id)
    assert await house.state(account, order.order_id) == OrderState.CANCELED
    assert broker.calls.count("submit") == 1


async def test_a_switch_outlives_the_process(tmp_path: Path) -> None:
    house = KillHouse(tmp_path)
    await house.furnish()
    account = await house.account()
    await house.press(reason="a bad day")
    house.crash()
    house = KillHouse(tmp_path)
    assert await refusal(house, account) == "KILL_SWITCH"
    (switch,), _ = await house.read_kill_switches.page(TENANT, engaged_only=True, size=9, token="")
    assert (switch.press.by, switch.press.reason) == ("me", "a bad day")
    await house.release(switch)
    assert await refusal(house, account) == ""
    house.crash()


async def test_the_file_halts_everything_until_somebody_takes_it_away(house: KillHouse) -> None:
    file = ManualKillFile()
    house.behind(house.paper, SqlAccountStore(house.database, house.clock, kill_file=file))
    account = await house.account()
    waiting = await house.place_order(account, terms(), a_request())
    file.there = True
    assert await refusal(house, account) == "KILL_SWITCH"
    await house.dispatch(account, waiting.order_id)
    assert await house.state(account, waiting.order_id) == OrderState.DENIED
    file.there = False
    assert await refusal(house, account) == ""


async def test_switches_that_cannot_be_read_halt_what_opens_and_nothing_else(
    house: KillHouse,
) -> None:
    account = await holding(house)
    order = await house.place(account, terms(quantity=1, limit="90"))

    def lose(connection: Connection) -> None:
        for table in ("kill_works", "kill_switches"):
            connection.exec_driver_sql(f"DROP TABLE {table}")

    await house.database.write(TENANT, lose)
    assert await refusal(house, account, quantity=1) == "KILL_SWITCH"
    assert await refusal(house, account, side=Side.SELL, quantity=1, limit="150") == ""
    await house.cancel_order(account, order.order_id, a_request())
    await house.dispatch(account, order.order_id)
    assert await house.state(account, order.order_id) == OrderState.CANCELED


async def test_a_run_that_cannot_be_read_may_be_of_the_strategy_that_is_halted(
    house: KillHouse,
) -> None:
    account = await house.account()
    await house.drive(account, strategy_id="buy-and-hold")
    await house.keep_strategy("sma-cross")
    await house.show(account, a_bar(minute=0))
    await house.press(strategy_id="sma-cross")
    await wish(house, account, a_wish(Side.BUY, 1, AAPL, request=1))
    statement = update(runs).values(body=b"\xc1")
    await house.database.write(TENANT, lambda connection: connection.execute(statement))
    await wish(house, account, a_wish(Side.BUY, 1, AAPL, request=2))
    reasons = [order.reason for order in await house.orders(account)]
    assert reasons == ["", "KILL_SWITCH"]


# what is canceled


async def test_every_order_that_was_there_is_canceled_and_later_ones_stay(
    house: KillHouse,
) -> None:
    account = await holding(house)
    before = [
        await house.place(account, terms(quantity=10, limit="90")),
        await house.place(account, terms(Side.SELL, 40, limit="150")),
        await house.place_order(account, terms(quantity=1, limit="90"), a_request()),
    ]
    switch = await house.press(CANCEL_ALL)
    assert house.woken == 1
    later = await house.place(account, terms(Side.SELL, 50, limit="150"))
    switch = await house.enforced(switch)
    assert (switch.state, switch.verified_account_count) == (KillState.VERIFIED, 1)
    for order in before:
        assert await house.state(account, order.order_id) == OrderState.CANCELED
    assert await house.state(account, later.order_id) == OrderState.ACCEPTED
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await house.state(account, later.order_id) == OrderState.ACCEPTED


async def test_orders_of_others_stay(house: KillHouse) -> None:
    account, other = await house.account(), await house.account()
    mine = await house.place(account, terms(limit="90"))
    microsoft = await house.place(account, terms(instrument=MSFT, limit="90"))
    theirs = await house.place(other, terms(limit="90"))
    switch = await house.press(CANCEL_ALL, account_id=account.account_id, instrument="AAPL")
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    states = [
        await house.state(where, order.order_id)
        for where, order in ((account, mine), (account, microsoft), (other, theirs))
    ]
    assert states == [OrderState.CANCELED, OrderState.ACCEPTED, OrderState.ACCEPTED]


async def test_an_order_in_doubt_is_left_with_its_reason_and_canceled_once_it_is_found(
    house: KillHouse,
) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place_order(account, terms(limit="90"), a_request())
    broker.fail("submit", Fault.ANSWER_LOST)
    broker.fail("ask", *[Fault.LOST] * 50)
    with pytest.raises(DomainError):
        await house.dispatch(account, order.order_id)
    switch = await house.enforced(await house.press(CANCEL_ALL))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.IN_DOUBT])
    assert switch.residuals[0].order_id == order.order_id
    broker.faults.clear()
    await house.dispatch(account, order.order_id)
    switch = await house.enforced(switch)
    assert switch.state is KillState.VERIFIED
    assert await house.state(account, order.order_id) == OrderState.CANCELED


async def test_a_silent_broker_is_told_of_and_asked_again(house: KillHouse) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place(account, terms(limit="90"))
    broker.fail("cancel", *[Fault.LOST] * 20)
    broker.fail("statement", Fault.LOST)
    switch = await house.enforced(await house.press(CANCEL_ALL))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.BROKER_SILENT])
    switch = await house.enforced(switch)
    assert (switch.state, left(switch)) == (KillState.CANCELING, [Left.CANCELING])
    broker.faults.clear()
    await house.dispatch(account, order.order_id)
    assert (await house.enforced(switch)).state is KillState.VERIFIED


async def test_what_the_broker_works_and_nobody_here_knows_is_told_of(house: KillHouse) -> None:
    account = await house.account()
    instrument = await house.instruments.get(AAPL)
    by_hand = BrokerOrder(
        "BY-HAND", instrument, Side.BUY, 5, terms(limit="90").order_type, 90 * 10**6, 0, 2, 1
    )
    await house.paper.submit(account, by_hand)
    switch = await house.enforced(await house.press(CANCEL_ALL))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.NOT_OURS])
    assert switch.residuals[0].order_id == "BY-HAND"


# what is closed


@pytest.mark.parametrize("size", [100, -100])
async def test_flatten_cancels_closes_and_has_the_broker_say_so(
    house: KillHouse, size: int
) -> None:
    account = await holding(house, size)
    side = Side.SELL if size > 0 else Side.BUY
    working = await house.place(account, terms(side, 60, limit="150" if size > 0 else "50"))
    switch = await house.enforced(await house.press(FLATTEN))
    assert (switch.state, left(switch)) == (KillState.FLATTENING, [Left.CLOSING])
    assert switch.residuals[0].quantity == size
    assert await house.state(account, working.order_id) == OrderState.CANCELED
    await house.show(account, a_bar(minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await held(house, account) == 0
    assert (await house.paper.statement(account, since=0)).positions == {}


async def test_closing_keeps_to_the_size_of_an_order_that_the_account_allows(
    house: KillHouse,
) -> None:
    account = await holding(house, 100)
    limits = RiskLimits(max_order_quantity=Decimal(40))
    other = await house.account("1000000", limits)
    await house.drive(other, "run_2")
    for minute, size in enumerate((40, 40, 20)):
        await house.show(other, a_bar(minute=2 * minute))
        await house.place(other, terms(quantity=size))
        await house.show(other, a_bar(minute=2 * minute + 1))
    assert await held(house, other) == 100
    await house.enforced(await house.press(FLATTEN))
    sizes = [order.quantity for order in await house.orders(other) if order.side == Side.SELL]
    assert sizes == [40, 40, 20]
    await house.show(other, a_bar(minute=9))
    await house.show(account, a_bar(minute=9))
    assert (await held(house, other), await held(house, account)) == (0, 0)


async def test_it_closes_once_however_often_it_is_carried_out(house: KillHouse) -> None:
    account = await holding(house)
    switch = await house.press(FLATTEN)
    for _ in range(3):
        await house.enforced(switch)
    await asyncio.gather(*(house.enforce.once() for _ in range(3)))
    orders = [order for order in await house.orders(account) if order.side == Side.SELL]
    assert [order.quantity for order in orders] == [100]


async def test_a_paper_market_that_stands_still_is_said_so(house: KillHouse) -> None:
    account = await holding(house)
    run = (await house.runs.active())[0]
    await house.end_run(run)
    switch = await house.enforced(await house.press(FLATTEN))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.MARKET_NOT_MOVING])
    await house.drive(account, "run_2")
    await house.show(account, a_bar(minute=5))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await held(house, account) == 0


async def test_a_closing_order_that_the_broker_refuses_is_told_of_and_tried_again_later(
    house: KillHouse,
) -> None:
    broker = UnreliableBroker(house.paper)
    account = await holding(house)
    house.behind(broker)
    await house.desk.open(TENANT, account.account_id, "run_1", {AAPL: an_instrument(AAPL)})
    broker.fail("submit", Fault.REFUSED)
    switch = await house.enforced(await house.press(FLATTEN))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.REFUSED])
    assert switch.residuals[0].detail == "NOT_TODAY"
    await house.enforced(switch)
    assert broker.calls.count("submit") == 1
    house.clock.ts += 31 * 10**9
    switch = await house.enforced(switch)
    assert broker.calls.count("submit") == 2
    await house.show(account, a_bar(minute=7))
    assert (await house.enforced(switch)).state is KillState.VERIFIED


@pytest.mark.parametrize("narrowed", [{"run_id": "run_1"}, {"strategy_id": "sma-cross"}])
async def test_of_a_run_only_what_it_holds_is_closed_and_only_it_pauses(
    house: KillHouse, narrowed: dict[str, str]
) -> None:
    account, other = await house.account("1000000"), await house.account()
    await house.drive(account)
    await house.drive(other, "run_2", "buy-and-hold")
    for strategy in ("sma-cross", "buy-and-hold"):
        await house.keep_strategy(strategy)
    await house.show(account, a_bar(minute=0))
    await house.place(account, terms(quantity=30))
    mine = await house.place(account, terms(quantity=1, limit="90"))
    await wish(house, account, a_wish(Side.BUY, 20, AAPL, request=1))
    await house.show(account, a_bar(minute=1))
    assert await held(house, account) == 50
    switch = await house.enforced(await house.press(FLATTEN, **narrowed))
    closing = (await house.orders(account))[-1]
    assert (closing.side, closing.quantity, closing.run_id) == (Side.SELL, 20, "run_1")
    await house.show(account, a_bar(minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await held(house, account) == 30
    assert await house.state(account, mine.order_id) == OrderState.ACCEPTED
    states = {run.run_id: run.state for run in await house.runs.active()}
    assert (states["run_1"], house.rung) == (RunState.PAUSED, ["run_1"])
    assert states["run_2"] is not RunState.PAUSED
    assert await refusal(house, account, quantity=1) == ""
    await wish(house, account, a_wish(Side.BUY, 20, AAPL, request=2))
    assert (await house.orders(account))[-1].reason == "KILL_SWITCH"


async def test_a_run_that_a_switch_only_halts_is_not_paused(house: KillHouse) -> None:
    await holding(house)
    await house.enforced(await house.press())
    assert house.rung == []


@pytest.mark.parametrize("steps", range(1, 40, 3))
async def test_whoever_dies_at_any_step_the_next_process_brings_it_to_its_end(
    tmp_path: Path, steps: int
) -> None:
    house = KillHouse(tmp_path)
    await house.furnish()
    account = await holding(house)
    await house.place(account, terms(quantity=10, limit="90"))
    switch = await house.press(FLATTEN)
    life = Life(steps)
    names = ("change", "submit", "cancel", "statement", "snapshot")
    house.behind(Mortal(house.paper, life, names), Mortal(house.accounts, life, names))
    with suppress(Died):
        await house.enforce.once()
    house.crash()
    house = KillHouse(tmp_path)
    await house.dispatch.recover()
    switch = await house.enforced(switch)
    await house.desk.open(TENANT, account.account_id, "run_1", {AAPL: an_instrument(AAPL)})
    await house.show(account, a_bar(minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    sold = [order for order in await house.orders(account) if order.side == Side.SELL]
    assert [(order.state, order.quantity) for order in sold] == [(OrderState.FILLED, 100)]
    assert await held(house, account) == 0
    house.crash()


# who may


async def test_what_is_named_must_be_the_tenants(house: KillHouse) -> None:
    for named, reason in (
        ({"account_id": "acc_x"}, "ACCOUNT_NOT_FOUND"),
        ({"strategy_id": "nothing"}, "STRATEGY_NOT_FOUND"),
        ({"run_id": "run_x"}, "RUN_NOT_FOUND"),
        ({"instrument": "NOPE"}, "INSTRUMENT_NOT_FOUND"),
    ):
        with pytest.raises(NotFound) as refused:
            await house.press(**named)
        assert refused.value.reason == reason
    assert await house.kills.engaged() == []
    with pytest.raises(InvalidRequest) as wrong:
        await house.press(reason="x" * 501)
    assert list(wrong.value.violations) == ["kill_switch.reason"]


async def test_a_global_switch_is_released_by_who_may_release_all(house: KillHouse) -> None:
    account = await house.account()
    wanted = WantedPress(HALT_NEW, account_id=account.account_id)
    with pytest.raises(InvalidRequest) as wrong:
        await house.press_kill_switch.everywhere(wanted, a_request())
    assert (wrong.value.reason, list(wrong.value.violations)) == (
        "NOT_GLOBAL",
        ["kill_switch.account_id"],
    )
    switch = await house.press_kill_switch.everywhere(WantedPress(), a_request())
    assert await refusal(house, account) == "KILL_SWITCH"
    with pytest.raises(PermissionDenied) as refused:
        await house.release(switch)
    assert refused.value.reason == "KILL_SWITCH_GLOBAL"
    await house.release_kill_switch(
        switch.kill_switch_id, "over", a_request(), may_release_global=True
    )
    assert await refusal(house, account) == ""


async def test_a_release_needs_a_reason_and_is_kept_with_who_and_when(house: KillHouse) -> None:
    switch = await house.press()
    with pytest.raises(InvalidRequest) as wrong:
        await house.release_kill_switch(switch.kill_switch_id, "  ", a_request())
    assert list(wrong.value.violations) == ["reason"]
    house.clock.ts += 5
    await house.release(switch)
    (kept,), _ = await house.read_kill_switches.page(TENANT, engaged_only=False, size=5, token="")
    assert kept.release == Release("me", house.clock.ts, "all is well")


async def test_history_is_read_page_by_page(house: KillHouse) -> None:
    names = [(await house.press()).kill_switch_id for _ in range(5)]
    token, found = "", []
    while True:
        page, token = await house.read_kill_switches.page(
            TENANT, engaged_only=True, size=2, token=token
        )
        found += [one.kill_switch_id for one in page]
        if not token:
            break
    assert found == names[::-1]


async def test_who_watches_hears_what_is_engaged_and_every_change_once(house: KillHouse) -> None:
    await holding(house)
    first = await house.press()
    async with aclosing(house.watch_kill_switches(TENANT, "")) as told:
        start = await anext(told)
        assert [one.kill_switch_id for one in start.state] == [first.kill_switch_id]
        second = await house.press(FLATTEN)
        await house.enforced(second)
        await house.release(first)
        heard = [await anext(told) for _ in range(5)]
    assert [(one.switch.kill_switch_id, one.switch.state) for one in heard] == [
        (second.kill_switch_id, KillState.ENGAGED),
        (second.kill_switch_id, KillState.CANCELING),
        (second.kill_switch_id, KillState.FLATTENING),
        (second.kill_switch_id, KillState.FLATTENING),
        (first.kill_switch_id, KillState.RELEASED),
    ]
    async with aclosing(house.watch_kill_switches(TENANT, heard[3].cursor)) as told:
        assert await anext(told) == heard[4]


async def test_the_worker_carries_out_what_is_pressed_and_outlives_a_store_that_fails(
    house: KillHouse,
) -> None:
    account = await house.account()
    order = await house.place(account, terms(limit="90"))
    failing = FailingOnce(house.kills)
    house.kills = failing  # type: ignore[assignment]
    house.behind(house.paper)
    switch = await house.press(CANCEL_ALL)
    working = asyncio.ensure_future(house.enforce.run())
    await failing.failed.wait()
    house.enforce.wake()
    async with aclosing(house.watch_kill_switches(TENANT, "")) as told:
        while (await house.kills.get(TENANT, switch.kill_switch_id)).state is not VERIFIED:
            await anext(told)
    working.cancel()
    assert await house.state(account, order.order_id) == OrderState.CANCELED


class FailingOnce:
    """A store that is gone when it is asked for the first time."""

    def __init__(self, kept: KillSwitchStore) -> None:
        self._kept = kept
        self.failed = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._kept, name)

    async def engaged(self) -> Sequence[Press]:
        if not self.failed.is_set():
            self.failed.set()
            raise Unavailable("gone", reason="STORE_UNAVAILABLE")
        return await self._kept.engaged()

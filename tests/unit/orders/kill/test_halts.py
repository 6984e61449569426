"""What an engaged kill switch lets through, and what it refuses."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.tables.strategies import runs
from domain.errors import (
    DomainError,
    NotAllowedNow,
)
from domain.orders.kill_switch import KillMode
from domain.orders.request import Side
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms
from tests.builders import AAPL, a_bar, a_wish
from tests.unit.orders.house import TENANT, a_request, terms
from tests.unit.orders.kill.house import KillHouse, ManualKillFile, holding, refusal, wish
from tests.unit.orders.unreliable import Fault, UnreliableBroker


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

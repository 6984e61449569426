"""What a person may decide about a break, and what is refused."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from apps.orders.reconciliation.settle_break import Decision
from domain.errors import Conflict, NotAllowedNow, NotFound, Unavailable
from domain.orders.book import AccountBook
from domain.orders.events import OrderCanceled, OrderFilled
from domain.orders.reconciliation.breaks import Break, BreakKind, BreakState, Fix
from domain.orders.reconciliation.record import Outcome, Trigger
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from ports.broker import BrokerSilent, Statement
from ports.lease import LeaseLost
from tests.leases import EndedLease
from tests.unit.orders.house import a_request
from tests.unit.orders.reconciliation.counting_room import CountingRoom, a_counting_room
from tests.unit.orders.unreliable import UnreliableBroker


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[CountingRoom]:
    async with a_counting_room(tmp_path) as room:
        await room.cycle()
        yield room


async def a_drift(room: CountingRoom) -> Break:
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    await room.cycle()
    [one] = await room.breaks()
    return one


def decided(one: Break, etag: str = "") -> Decision:
    return Decision(one.break_id, "because", "me", etag)


async def test_the_same_approval_is_done_once(room: CountingRoom) -> None:
    one, key = await a_drift(room), a_request("approve")
    first = await room.settle.approve(room.account, decided(one), key)
    again = await room.settle.approve(room.account, decided(one), key)
    assert first == again
    assert (first.state, first.by, first.reason) == (BreakState.FIXED, "me", "because")
    entries = await room.house.accounts.ledger("local", room.account.account_id, before=0, limit=9)
    assert len([entry for entry in entries if entry.break_id]) == 1


async def test_a_rehearsed_approval_changes_nothing(room: CountingRoom) -> None:
    one = await a_drift(room)
    would = await room.settle.approve(room.account, decided(one), a_request(), validate_only=True)
    assert would.state is BreakState.FIXED
    assert await room.breaks() == [one]


async def test_what_was_seen_otherwise_is_not_approved(room: CountingRoom) -> None:
    one = await a_drift(room)
    with pytest.raises(Conflict) as refusal:
        await room.settle.approve(room.account, decided(one, "another"), a_request())
    assert refusal.value.reason == "BREAK_CHANGED"
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    with pytest.raises(Conflict) as refusal:
        await room.settle.approve(room.account, decided(one), a_request())
    assert refusal.value.reason == "BREAK_CHANGED"
    assert await room.breaks() == [one]


async def test_what_is_gone_or_has_ended_is_not_approved(room: CountingRoom) -> None:
    one = await a_drift(room)
    room.at_the_broker("UPDATE paper_accounts SET cash = cash + 1")
    with pytest.raises(NotAllowedNow) as refusal:
        await room.approve(one)
    assert refusal.value.reason == "BREAK_GONE"
    await room.cycle()
    for decide in (room.approve, room.dismiss):
        with pytest.raises(NotAllowedNow) as refusal:
            await decide(one)
        assert refusal.value.reason == "BREAK_ENDED"


async def test_what_has_no_fix_is_for_a_person(room: CountingRoom) -> None:
    room.in_our_books("UPDATE ledger_entries SET cash = cash + 1 WHERE fill_id IS NOT NULL")
    await room.cycle(Trigger.CALL)
    [one] = await room.breaks()
    assert (one.finding.kind, one.finding.fix) == (BreakKind.LEDGER_IMBALANCE, Fix.NONE)
    with pytest.raises(NotAllowedNow) as refusal:
        await room.approve(one)
    assert refusal.value.reason == "NO_FIX"


async def test_an_order_that_is_over_at_the_broker_is_ended_here(room: CountingRoom) -> None:
    order = await room.buy(10, limit="90")
    room.at_the_broker("UPDATE paper_orders SET is_working = 0 WHERE order_id = ?", order.order_id)
    await room.cycle()
    [one] = await room.breaks()
    assert (one.finding.kind, one.finding.fix) == (BreakKind.ORDER_STATE, Fix.END_ORDER)
    await room.approve(one)
    assert await room.house.state(room.account, order.order_id) is OrderState.CANCELED
    assert (await room.house.money(room.account)).reserved == 0
    assert (await room.cycle()).outcome is Outcome.CLEAN


async def test_an_order_that_is_over_here_is_canceled_at_the_broker(room: CountingRoom) -> None:
    order = await room.buy(10, limit="90")

    def over(book: AccountBook) -> None:
        book.account.canceled(OrderCanceled(book.now, book.order(order.order_id).order_id))

    await room.house.accounts.change("local", room.account.account_id, over)
    await room.cycle()
    [one] = await room.breaks()
    assert (one.finding.kind, one.finding.fix) == (BreakKind.ORDER_STATE, Fix.CANCEL_ORDER)
    room.connect(room.house.paper, EndedLease())
    with pytest.raises(LeaseLost):
        await room.approve(one)
    room.connect(room.house.paper)
    assert (await room.approve(one)).state is BreakState.OPEN
    assert (await room.cycle()).outcome is Outcome.CLEAN
    [one] = await room.breaks(open_only=False)
    assert (one.state, one.by) == (BreakState.FIXED, "me")


async def test_an_absent_order_that_works_is_revived_by_itself(room: CountingRoom) -> None:
    order = await room.buy(10, limit="90")
    room.in_our_books(
        "UPDATE orders SET state = ?, is_working = 0 WHERE order_id = ?",
        int(OrderState.PRESUMED_ABSENT),
        order.order_id,
    )
    await room.cycle()
    kinds = {one.finding.kind: one for one in await room.breaks(open_only=False)}
    assert kinds[BreakKind.ORDER_STATE].state is BreakState.FIXED
    assert await room.house.state(room.account, order.order_id) is OrderState.ACCEPTED


async def test_a_fill_from_nowhere_is_taken_back_and_its_order_works_on(
    room: CountingRoom,
) -> None:
    order = await room.buy(10, limit="90")

    def dreamt(book: AccountBook) -> bool:
        number = book.order(order.order_id).order_id
        return book.fill(OrderFilled(book.now, number, 80 * 10**6, 10, 7), "dreamt")

    await room.house.accounts.change(
        "local", room.account.account_id, dreamt, orders=[order.order_id], fills=["dreamt"]
    )
    await room.cycle()
    [one] = await room.breaks()
    assert (one.finding.kind, one.finding.fix) == (BreakKind.PHANTOM_FILL, Fix.REVERSE_FILL)
    await room.approve(one)
    now = await room.house.order(room.account, order.order_id)
    assert (now.state, now.filled_quantity) == (OrderState.ACCEPTED, Decimal(0))
    money = await room.house.money(room.account)
    assert (money.cash, money.fees) == (99_000, 0)
    assert (await room.cycle(Trigger.CALL)).outcome is Outcome.CLEAN
    await room.next_bar(89.0)
    assert await room.house.state(room.account, order.order_id) is OrderState.FILLED
    assert (await room.cycle(Trigger.CALL)).outcome is Outcome.CLEAN


async def test_a_late_fill_of_a_filled_order_is_told_again(room: CountingRoom) -> None:
    """The log names an order that was over long ago."""
    order = await room.buy(10)
    await room.next_bar()
    assert (await room.cycle()).outcome is Outcome.CLEAN

    def again(book: AccountBook) -> bool:
        number = book.order(order.order_id).order_id
        return book.fill(OrderFilled(book.now, number, 100 * 10**6, 1, 0), "late")

    await room.house.accounts.change(
        "local", room.account.account_id, again, orders=[order.order_id], fills=["late"]
    )
    await room.cycle()
    [one] = await room.breaks()
    assert one.finding.kind is BreakKind.PHANTOM_FILL


async def test_an_execution_of_an_unknown_order_forbids_new_risk_at_once(
    room: CountingRoom,
) -> None:
    await room.trade_by_hand(5)
    await room.next_bar()
    [one] = await room.breaks()
    assert (one.finding.kind, one.finding.fix) == (BreakKind.UNKNOWN_ORDER, Fix.NONE)
    with pytest.raises(NotAllowedNow) as refusal:
        await room.may_open()
    assert refusal.value.reason == "RECONCILIATION_BREAK"
    await room.cycle()
    [same] = await room.breaks(open_only=False)
    assert (same.break_id, same.finding.fix) == (one.break_id, Fix.ADOPT_ORDER)


class Mute(UnreliableBroker):
    """Says nothing about accounts."""

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        raise BrokerSilent("nothing")


async def test_a_silent_broker_is_no_break_and_settles_none(room: CountingRoom) -> None:
    one = await a_drift(room)
    room.connect(Mute(room.house.paper))
    assert (await room.cycle()).outcome is Outcome.BROKER_SILENT
    assert await room.breaks() == [one]
    with pytest.raises(Unavailable) as refusal:
        await room.approve(one)
    assert refusal.value.reason == "BROKER_SILENT"


async def test_a_call_is_answered_once(room: CountingRoom) -> None:
    key = a_request("look")
    first = await room.reconcile(room.account, Trigger.CALL, request=key)
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    assert await room.reconcile(room.account, Trigger.CALL, request=key) == first


async def test_an_account_that_is_not_there_is_not_found(room: CountingRoom) -> None:
    with pytest.raises(NotFound):
        await room.reconcile(AccountKey("local", "acc_9"), Trigger.CALL)
    with pytest.raises(NotFound):
        await room.reconcile(AccountKey("other", room.account.account_id), Trigger.CALL)


async def test_the_worker_looks_at_every_account_at_the_start(room: CountingRoom) -> None:
    class Done(Exception):
        """The first turn is over."""

    async def over(_seconds: float) -> None:
        raise Done

    another = await room.house.account()
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    room.reconcile._pause = over
    with pytest.raises(Done):
        await room.reconcile.run()
    page = await room.store.page("local", another.account_id, before=0, limit=9)
    assert [one.trigger for _, one in page] == [Trigger.START]

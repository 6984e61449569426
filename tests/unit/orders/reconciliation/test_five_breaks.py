"""The usual ways in which books part: each is one break, within one cycle, cleared by its fix."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.events import OrderFilled
from domain.orders.reconciliation.breaks import Break, BreakKind, BreakState, Fix
from domain.orders.reconciliation.record import Outcome
from domain.orders.request import Side
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from tests.builders import MSFT
from tests.unit.orders.reconciliation.counting_room import CountingRoom, a_counting_room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[CountingRoom]:
    async with a_counting_room(tmp_path) as room:
        assert (await room.cycle()).outcome is Outcome.CLEAN
        yield room


async def the_only_break(room: CountingRoom) -> Break:
    """After one cycle."""
    made = await room.cycle()
    assert made.outcome is Outcome.BREAKS
    [one] = await room.breaks(open_only=False)
    assert made.break_ids == (one.break_id,)
    return one


async def all_agree(room: CountingRoom) -> None:
    assert (await room.cycle()).outcome is Outcome.CLEAN
    assert await room.breaks() == []
    assert not await room.may_open()
    ledger = await room.house.money(room.account)
    positions = await room.house.accounts.positions(
        "local", room.account.account_id, after="", limit=9
    )
    assert ledger.cash + sum(one.cost for one in positions) + ledger.fees == (
        ledger.capital + ledger.realised
    )


async def test_a_missing_fill_is_booked_by_itself(room: CountingRoom) -> None:
    order = await room.buy(30)
    room.in_our_books("UPDATE accounts SET report_count = report_count + 1")
    room.connect(room.house.paper)
    await room.unheard_bar()
    one = await the_only_break(room)
    assert (one.finding.kind, one.state, one.by) == (
        BreakKind.MISSING_FILL,
        BreakState.FIXED,
        "",
    )
    assert await room.house.state(room.account, order.order_id) is OrderState.FILLED
    assert (await room.house.money(room.account)).cash == 100_000 - 4_000
    await all_agree(room)


async def test_a_position_from_nowhere_at_the_broker_is_taken_in(room: CountingRoom) -> None:
    await room.house.open_market(room.account)
    room.at_the_broker("INSERT INTO paper_positions VALUES (?, ?, ?, ?)", *_owner(room), MSFT, 7)
    await room.next_bar(50.0, MSFT)
    one = await the_only_break(room)
    assert (one.finding.kind, one.finding.fix) == (BreakKind.PHANTOM_POSITION, Fix.ADJUST_POSITION)
    assert await _refused(room) == "RECONCILIATION_BREAK"
    assert (await room.approve(one)).state is BreakState.FIXED
    position = await room.house.accounts.position("local", room.account.account_id, MSFT)
    assert position is not None
    assert (position.quantity, position.cost) == (Decimal(7), Decimal(350))
    await all_agree(room)


async def test_a_position_from_nowhere_in_our_books_goes_again(room: CountingRoom) -> None:
    room.in_our_books(
        "UPDATE positions SET quantity = 12, cost = 100 WHERE instrument_id = ?", MSFT
    )
    one = await the_only_break(room)
    assert (one.finding.kind, one.finding.fix) == (BreakKind.PHANTOM_POSITION, Fix.REBUILD_BOOKS)
    await room.approve(one)
    position = await room.house.accounts.position("local", room.account.account_id, MSFT)
    assert position is not None
    assert position.quantity == 0
    await all_agree(room)


async def test_a_manual_trade_is_adopted_as_an_order_from_outside(room: CountingRoom) -> None:
    await room.trade_by_hand(5)
    await room.next_bar(102.0)
    one = await the_only_break(room)
    assert (one.finding.kind, one.finding.fix) == (BreakKind.UNKNOWN_ORDER, Fix.ADOPT_ORDER)
    assert await _refused(room) == "RECONCILIATION_BREAK"
    await room.approve(one)
    order = await room.house.order(room.account, "by-hand")
    assert (order.origin, order.state, order.filled_quantity) == (
        "EXTERNAL",
        OrderState.FILLED,
        Decimal(5),
    )
    await all_agree(room)


async def test_what_is_made_by_hand_and_still_works_fills_normally_once_adopted(
    room: CountingRoom,
) -> None:
    await room.trade_by_hand(5, limit=95)
    one = await the_only_break(room)
    await room.approve(one)
    assert await room.house.state(room.account, "by-hand") is OrderState.ACCEPTED
    await room.next_bar(94.0)
    assert await room.house.state(room.account, "by-hand") is OrderState.FILLED
    await all_agree(room)


async def test_an_orphan_of_ours_is_told_from_a_trade_by_hand(room: CountingRoom) -> None:
    await room.trade_by_hand(5, order_id=room.orphan())
    await room.next_bar()
    one = await the_only_break(room)
    assert one.finding.kind is BreakKind.ORPHAN
    await room.approve(one)
    await all_agree(room)


@pytest.mark.parametrize("side", ["broker", "books"])
async def test_cash_that_drifts_is_adjusted(room: CountingRoom, side: str) -> None:
    if side == "broker":
        room.at_the_broker("UPDATE paper_accounts SET cash = cash - ?", 3 * MONEY_SCALE)
    else:
        room.in_our_books("UPDATE accounts SET cash = cash + ?", 3 * MONEY_SCALE)
    one = await the_only_break(room)
    wanted = {"broker": Fix.ADJUST_CASH, "books": Fix.REBUILD_BOOKS}
    assert (one.finding.kind, one.finding.fix) == (BreakKind.CASH_DRIFT, wanted[side])
    assert await _refused(room) == "RECONCILIATION_BREAK"
    await room.approve(one)
    money = await room.house.money(room.account)
    assert money.cash == 99_000 - (3 if side == "broker" else 0)
    await all_agree(room)


async def test_an_adjustment_is_an_entry_of_the_ledger(room: CountingRoom) -> None:
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - ?", 3 * MONEY_SCALE)
    one = await the_only_break(room)
    await room.approve(one)
    [newest, *_] = await room.house.accounts.ledger(
        "local", room.account.account_id, before=0, limit=5
    )
    assert (newest.cash, newest.realised, newest.break_id) == (-3, -3, one.break_id)
    assert newest.fill_id == ""


async def test_a_duplicate_fill_is_taken_back(room: CountingRoom) -> None:
    order = await room.buy(10)
    await room.next_bar()
    await _book_again(room, order.order_id)
    assert await room.house.state(room.account, order.order_id) is OrderState.QUARANTINED
    one = await the_only_break(room)
    assert (one.finding.kind, one.finding.fix) == (BreakKind.DUPLICATE_FILL, Fix.REVERSE_FILL)
    assert await _refused(room) == "RECONCILIATION_BREAK"
    await room.approve(one)
    now = await room.house.order(room.account, order.order_id)
    assert (now.state, now.filled_quantity) == (OrderState.FILLED, Decimal(10))
    assert (await room.house.money(room.account)).cash == 98_000
    [newest, *_] = await room.house.accounts.ledger(
        "local", room.account.account_id, before=0, limit=5
    )
    assert (newest.fill_id, newest.cash) == ("twice", 1_000)
    await all_agree(room)


async def test_the_same_finding_is_the_same_break_seen_again(room: CountingRoom) -> None:
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    first = await the_only_break(room)
    again = await the_only_break(room)
    assert again.break_id == first.break_id
    assert again.first_seen_ts == first.first_seen_ts
    assert again.last_seen_ts > first.last_seen_ts
    assert again.etag == first.etag


async def test_what_goes_by_itself_is_cleared(room: CountingRoom) -> None:
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    await the_only_break(room)
    room.at_the_broker("UPDATE paper_accounts SET cash = cash + 1")
    await all_agree(room)
    [one] = await room.breaks(open_only=False)
    assert (one.state, one.by) == (BreakState.CLEARED, "")


async def test_a_dismissed_break_stays_silent_while_its_figures_do(room: CountingRoom) -> None:
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    one = await the_only_break(room)
    await room.dismiss(one)
    assert not await room.may_open()
    await room.cycle()
    assert await room.breaks() == []
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    await room.cycle()
    [another] = await room.breaks()
    assert another.break_id != one.break_id


async def test_orders_that_only_reduce_pass_while_a_break_is_open(room: CountingRoom) -> None:
    room.at_the_broker("UPDATE paper_accounts SET cash = cash - 1")
    await the_only_break(room)
    order = await room.buy(10, side=Side.SELL)
    await room.next_bar()
    assert await room.house.state(room.account, order.order_id) is OrderState.FILLED


def _owner(room: CountingRoom) -> tuple[str, str]:
    return room.account.tenant, room.account.account_id


async def _refused(room: CountingRoom) -> str:
    with pytest.raises(NotAllowedNow) as refusal:
        await room.may_open()
    return refusal.value.reason


async def _book_again(room: CountingRoom, order_id: str) -> None:
    """The last execution of an order once more, under another id."""

    def decide(book: AccountBook) -> bool:
        order = book.order(order_id)
        price = 100 * 10**6
        return book.fill(OrderFilled(book.now, order.order_id, price, 10), "twice")

    await room.house.accounts.change(
        "local", room.account.account_id, decide, orders=[order_id], fills=["twice"]
    )

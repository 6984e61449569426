"""What a group makes of what happens to its orders."""

from decimal import Decimal

import pytest

from domain.errors import InvalidRequest
from domain.orders import events as ev
from domain.orders.groups.follow import MOST_CANCELS
from domain.orders.groups.group import GroupKind, GroupState
from domain.orders.order import Leg
from domain.orders.request import GroupPolicy, GroupRequest, OrderType, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from tests.builders import AAPL, MSFT, a_wish
from tests.unit.domain.orders.groups_broker import DOLLAR, Desk, a_group

S = OrderState
ENTRY, PROFIT, LOSS, CORRECTION = Leg.ENTRY, Leg.TAKE_PROFIT, Leg.STOP_LOSS, Leg.CORRECTION
ALL_OR_CANCEL = GroupPolicy.ALL_OR_CANCEL


def filled(**terms: object) -> Desk:
    """A bracket whose entry has traded and whose exits work."""
    desk = Desk(a_group(**terms))
    desk.send_all()
    if desk.group.entry:
        desk.fill(desk.leg(ENTRY))
        desk.send_all()
    return desk


def states(desk: Desk) -> dict[Leg, OrderState]:
    return {order.leg: order.state for order in desk.orders}


def test_exits_are_placed_when_the_entry_trades_the_stop_first() -> None:
    desk = Desk(a_group())
    desk.send_all()
    assert states(desk) == {ENTRY: S.ACCEPTED}
    desk.fill(desk.leg(ENTRY), 30)
    assert [(order.leg, order.quantity) for order in desk.orders] == [
        (ENTRY, 100), (LOSS, 30), (PROFIT, 30),
    ]  # fmt: skip


def test_exits_grow_with_the_entry() -> None:
    desk = Desk(a_group())
    desk.send_all()
    for size in (30, 50, 20):
        desk.fill(desk.leg(ENTRY), size)
        desk.send_all()
    assert [desk.leg(leg).quantity for leg in (LOSS, PROFIT)] == [100, 100]
    assert len(desk.orders) == 3


def test_what_one_exit_trades_is_taken_off_the_other() -> None:
    desk = filled()
    desk.fill(desk.leg(PROFIT), 40)
    desk.send_all()
    assert desk.leg(LOSS).quantity == 60
    desk.fill(desk.leg(LOSS), 25)
    desk.send_all()
    assert (desk.leg(PROFIT).quantity, desk.leg(PROFIT).open_quantity) == (75, 35)


def test_an_exit_that_is_done_ends_the_other() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS))
    assert desk.leg(PROFIT).state == S.PENDING_CANCEL
    desk.send_all()
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 0)


def test_an_exit_that_trades_ends_what_is_left_of_the_entry() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 30)
    desk.send_all()
    desk.fill(desk.leg(LOSS), 10)
    assert desk.leg(ENTRY).state == S.PENDING_CANCEL
    desk.send_all()
    assert desk.leg(LOSS).open_quantity == desk.position == 20


def test_both_exits_filled_at_once_are_taken_back_to_flat() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS))
    desk.fill(desk.leg(PROFIT), 70)  # it crossed our cancel
    correction = desk.leg(CORRECTION)
    assert (correction.side, correction.quantity, desk.position) == (Side.BUY, 70, -70)
    desk.send_all()
    desk.fill(correction)
    desk.send_all()
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 0)


def test_a_correction_only_reduces() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS))
    desk.base.ts += 1
    other = desk.account.place(desk.ts, a_wish(Side.BUY, 100))
    desk.account.submitted(ev.OrderSubmitted(desk.ts, other.order_id))
    desk.account.filled(ev.OrderFilled(desk.ts, other.order_id, 100 * DOLLAR, 100))
    desk.fill(desk.leg(PROFIT), 70)
    desk.send_all()
    assert CORRECTION not in states(desk), "the account is long: to buy back would open"
    assert desk.group.reason == "RESIDUAL"


def test_what_is_sold_too_much_is_bought_back_though_the_entry_is_in_quarantine() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 200)  # the broker took it twice
    desk.send_all()
    assert (desk.leg(ENTRY).state, desk.leg(LOSS).quantity) == (S.QUARANTINED, 200)
    desk.fill(desk.leg(LOSS))
    desk.fill(desk.leg(PROFIT))
    desk.send_all()
    desk.fill(desk.leg(CORRECTION))
    assert desk.position == 0


def test_an_entry_canceled_half_done_keeps_its_exits() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 30)
    desk.send_all()
    desk.tell(ev.OrderCanceled(desk.ts, desk.leg(ENTRY).order_id))
    desk.send_all()
    assert [desk.leg(leg).open_quantity for leg in (LOSS, PROFIT)] == [30, 30]
    assert desk.group.state == GroupState.ACTIVE


def test_an_entry_that_expires_unfilled_is_the_end() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.tell(ev.OrderExpired(desk.ts, desk.leg(ENTRY).order_id))
    assert desk.group.state == GroupState.ENDED
    assert len(desk.orders) == 1


def test_an_entry_that_is_denied_is_the_end_and_says_why() -> None:
    desk = Desk(a_group(quantity=200_000))
    assert (desk.group.state, desk.group.reason) == (
        GroupState.ENDED, "INSUFFICIENT_BUYING_POWER",
    )  # fmt: skip


@pytest.mark.parametrize("policy", GroupPolicy)
def test_without_its_stop_loss_a_group_is_undone(policy: GroupPolicy) -> None:
    desk = Desk(a_group(policy=policy))
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 60)
    desk.reject(desk.leg(LOSS), "NO_STOPS")
    assert (desk.group.state, desk.group.reason) == (GroupState.UNDOING, "NO_STOPS")
    desk.send_all()
    desk.fill(desk.leg(CORRECTION))
    desk.send_all()
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 0)
    assert states(desk)[ENTRY] == states(desk)[PROFIT] == S.CANCELED


def test_without_its_take_profit_a_group_goes_on_protected() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY))
    desk.reject(desk.leg(PROFIT))
    desk.send_all()
    assert desk.leg(LOSS).state == S.ACCEPTED
    assert (desk.group.state, desk.position) == (GroupState.ACTIVE, 100)


def test_all_or_cancel_undoes_it_for_the_take_profit_too() -> None:
    desk = Desk(a_group(policy=ALL_OR_CANCEL))
    desk.send_all()
    desk.fill(desk.leg(ENTRY))
    desk.reject(desk.leg(PROFIT))
    desk.send_all()
    desk.fill(desk.leg(CORRECTION))
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 0)


def test_a_replace_that_is_refused_makes_the_exit_anew() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 30)
    desk.send_all()
    first = desk.leg(LOSS)
    desk.fill(desk.leg(ENTRY), 70)
    desk.refuse(first)
    assert first.state == S.PENDING_CANCEL
    desk.send_all()
    assert first.state == S.CANCELED
    assert desk.leg(LOSS) is not first
    assert desk.leg(LOSS).quantity == 100


def test_a_cancel_that_is_refused_is_asked_for_again_and_not_for_ever() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS))
    profit = desk.leg(PROFIT)
    for _ in range(MOST_CANCELS):
        assert profit.state == S.PENDING_CANCEL
        desk.refuse(profit)
    assert profit.state == S.ACCEPTED


def test_a_fill_that_crosses_a_smaller_replace_is_taken_back() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS), 60)
    profit = desk.leg(PROFIT)
    assert profit.state == S.PENDING_REPLACE
    desk.fill(profit, 100)  # before the broker heard of it
    desk.send_all()
    assert (desk.leg(CORRECTION).quantity, desk.position) == (60, -60)


def test_exits_need_no_money_and_no_right_to_be_short() -> None:
    desk = Desk(a_group(), RiskLimits(short_selling=False))
    desk.send_all()
    desk.fill(desk.leg(ENTRY))
    assert states(desk) == {ENTRY: S.FILLED, LOSS: S.CREATED, PROFIT: S.CREATED}
    assert desk.account.reserved == 0


def test_a_late_fill_of_the_entry_after_the_exit_is_closed() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 30)
    desk.send_all()
    desk.fill(desk.leg(LOSS))
    desk.send_all()
    assert desk.leg(ENTRY).state == S.CANCELED
    desk.fill(desk.leg(ENTRY), 20)
    desk.send_all()
    desk.fill(desk.leg(CORRECTION))
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 0)


def test_a_group_whose_stop_is_done_goes_out_whole() -> None:
    desk = Desk(a_group())
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 30)
    desk.send_all()
    desk.fill(desk.leg(ENTRY), 20)
    desk.fill(desk.leg(LOSS), 30)  # before the broker heard that it is to be larger
    desk.send_all()
    assert desk.leg(PROFIT).state == S.CANCELED
    desk.fill(desk.leg(CORRECTION))
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 0)


def test_two_exits_of_what_is_held_are_an_oco() -> None:
    desk = Desk(a_group(entry=False))
    assert desk.group.kind == GroupKind.OCO
    desk.send_all()
    desk.fill(desk.leg(PROFIT))
    desk.send_all()
    assert (desk.position, desk.leg(LOSS).state) == (0, S.CANCELED)


def test_an_exit_that_somebody_cancels_leaves_the_other() -> None:
    desk = filled()
    desk.account.cancel(desk.ts, desk.leg(PROFIT).order_id)
    desk.send_all()
    assert desk.leg(LOSS).state == S.ACCEPTED
    assert desk.group.state == GroupState.ACTIVE


def test_a_group_whose_end_is_asked_for_leaves_what_it_holds() -> None:
    desk = filled()
    desk.groups.cancel(desk.ts, desk.group)
    desk.send_all()
    assert (desk.group.state, desk.position) == (GroupState.ENDED, 100)


def test_a_correction_of_a_run_has_a_number_that_its_strategy_never_uses() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS))
    desk.fill(desk.leg(PROFIT), 1)
    assert desk.leg(CORRECTION).request < -(10**12)


def test_a_restart_changes_nothing() -> None:
    desk = filled()
    desk.fill(desk.leg(LOSS), 60)
    before = len(desk.log)
    desk.restart()
    assert len(desk.log) == before
    desk.send_all()
    assert desk.leg(PROFIT).quantity == 40


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"take_profit": None, "stop_loss": None}, "MISSING_FIELD"),
        ({"entry": None, "stop_loss": None}, "MISSING_FIELD"),
        ({"take_profit": a_wish(Side.SELL, 100, stop=110 * DOLLAR)}, "WRONG_ORDER_TYPE"),
        ({"stop_loss": a_wish(Side.SELL, 100, limit=90 * DOLLAR)}, "WRONG_ORDER_TYPE"),
        ({"stop_loss": a_wish(Side.SELL, 99, stop=90 * DOLLAR)}, "LEGS_DIFFER"),
        ({"stop_loss": a_wish(Side.SELL, 100, MSFT, stop=90 * DOLLAR)}, "LEGS_DIFFER"),
        ({"stop_loss": a_wish(Side.BUY, 100, stop=90 * DOLLAR)}, "LEGS_DIFFER"),
        ({"stop_loss": a_wish(Side.SELL, 100, stop=111 * DOLLAR)}, "LEGS_CROSS"),
        ({"entry": a_wish(Side.BUY, 100, limit=89 * DOLLAR)}, "LEGS_CROSS"),
        ({"entry": a_wish(Side.BUY, 100, limit=110 * DOLLAR)}, "LEGS_CROSS"),
    ],
)
def test_orders_that_do_not_belong_together_are_refused(
    changes: dict[str, object], reason: str
) -> None:
    usual = a_group()
    parts = {
        "entry": usual.entry, "take_profit": usual.take_profit, "stop_loss": usual.stop_loss,
    }  # fmt: skip
    with pytest.raises(InvalidRequest) as refused:
        Desk(GroupRequest(**parts | changes))
    assert refused.value.reason == reason


def test_a_position_covers_the_exits_of_a_group_once() -> None:
    desk = filled()
    position = desk.account.position(AAPL)
    assert desk.account.reserved == 0
    assert [order.order_type for order in position.working.values()] == [
        OrderType.STOP, OrderType.LIMIT,
    ]  # fmt: skip
    more = desk.account.place(desk.ts, a_wish(Side.SELL, 100, limit=120 * DOLLAR))
    assert more.reserved == Decimal(120 * DOLLAR * 100) * position.money_factor

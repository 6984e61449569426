"""Groups of an account that is kept: their orders have names, and doubts."""

from typing import TYPE_CHECKING

import msgspec

from domain.errors import AlreadyExists, NotFound
from domain.orders.groups.group import Group
from domain.orders.groups.groups import Hands
from domain.orders.groups.record import OrderGroupRecord, group_record
from domain.orders.identity import order_id_of, run_decision
from domain.orders.order import Leg, Order
from domain.orders.request import GroupRequest, OrderRequest
from domain.orders.state import OrderState

if TYPE_CHECKING:
    from domain.orders.book import AccountBook


class BookHands(Hands):
    """Places and cancels by the rules of the book, so every leg has a name of its own."""

    def __init__(self, book: "AccountBook") -> None:
        self._book = book
        self.may_only_reduce = False

    def place(self, ts: int, wish: OrderRequest, group: Group, leg: Leg) -> Order:
        order, _ = self._book.place(
            ts,
            wish,
            decision_of(group, wish),
            run_id=group.run_id,
            may_only_reduce=self.may_only_reduce,
            group=group.number,
            leg=leg,
        )
        return order

    def cancel(self, ts: int, order: Order) -> None:
        if order.state == OrderState.IN_DOUBT:
            self._book.learned(order, self._book.doubt_of(order).without(cancel=True))
        else:
            self._book.account.cancel(ts, order.order_id)


def place_group(
    book: "AccountBook",
    ts: int,
    wish: GroupRequest,
    decision_key: str,
    *,
    run_id: str = "",
    may_only_reduce: bool = False,
) -> tuple[Group, bool]:
    """The group of a decision, and whether it is new.

    The same decision again gives the group it made, as it stands now; so the name of its first
    order must be among the loaded ones. Raises `AlreadyExists` IDEMPOTENCY_KEY_REUSED when it had
    other terms then, and what `Groups.place` raises.
    """
    name = order_id_of(book.tenant, book.account_id, decision_key)
    fingerprint = msgspec.msgpack.encode(wish)
    if (made := book.find(name)) is not None:
        group = book.groups.known.get(made.group)
        if group is None or book.tag(made.order_id).fingerprint != fingerprint:
            raise AlreadyExists(
                f"order {name} was placed with other terms",
                reason="IDEMPOTENCY_KEY_REUSED",
                order_id=name,
            )
        return group, False
    book.hands.may_only_reduce = may_only_reduce
    group = book.groups.place(ts, wish, run_id=run_id, decision=decision_key)
    book.hands.may_only_reduce = False
    book.tag(group.number).fingerprint = fingerprint
    return group, True


def decision_of(group: Group, wish: OrderRequest) -> str:
    """The key of the decision for the group's next order."""
    if group.run_id:
        return run_decision(group.run_id, wish.request)
    made = len(group.orders)
    return f"{group.decision}|{made}" if made else group.decision


def group_named(book: "AccountBook", group_id: str) -> Group:
    """The group of that name. Raises `NotFound` ORDER_GROUP_NOT_FOUND when it was not loaded."""
    first = book.find(group_id)
    group = None if first is None else book.groups.known.get(first.order_id)
    if group is None:
        raise no_group(group_id)
    return group


def no_group(group_id: str) -> NotFound:
    """The refusal of a name that no group has."""
    return NotFound(f"no group {group_id}", reason="ORDER_GROUP_NOT_FOUND", group_id=group_id)


def record_of_group(book: "AccountBook", group: Group) -> OrderGroupRecord:
    """The group as readers see it now."""
    instrument = book.account.position(group.instrument_id).instrument
    orders = [book.record_of(order) for order in book.groups.orders_of(group)]
    return group_record(
        book.account_id, group, orders, instrument.price_decimals, instrument.quantity_decimals
    )

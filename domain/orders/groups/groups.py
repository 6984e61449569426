"""Carries out what groups want, on the account that they are of; every shell uses it."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import structs

from domain.errors import DomainError
from domain.orders.account import Account
from domain.orders.groups.actions import (
    Action,
    CancelOrder,
    CloseRest,
    PlaceExit,
    ResizeExit,
    Turn,
)
from domain.orders.groups.follow import RESIDUAL, follow
from domain.orders.groups.group import Exit, Group, GroupState, group_from
from domain.orders.groups.terms import check_group
from domain.orders.order import Leg, Order
from domain.orders.request import GroupRequest, OrderRequest
from domain.orders.risk import exposure
from domain.orders.state import OrderState

MOST_ROUNDS = 20  # of asking a group what it wants next


class Hands(Protocol):
    """How an intent is noted on the account; sending it comes after."""

    def place(self, ts: int, wish: OrderRequest, group: Group, leg: Leg) -> Order:
        """The order, CREATED or DENIED."""
        ...

    def cancel(self, ts: int, order: Order) -> None:
        """Notes the wish to end an order."""
        ...


class AccountHands(Hands):
    """On the account itself, where nothing is kept beside it."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def place(self, ts: int, wish: OrderRequest, group: Group, leg: Leg) -> Order:
        return self._account.place(ts, wish, group=group.number, leg=leg)

    def cancel(self, ts: int, order: Order) -> None:
        if order.state != OrderState.IN_DOUBT:  # it is asked again when the broker has it
            self._account.cancel(ts, order.order_id)


class Groups:
    """The groups of one account that are known here, and every order of theirs.

    `orders` has them by number; ended ones stay, since their quantities count.
    """

    def __init__(
        self,
        account: Account,
        hands: Hands,
        groups: Iterable[Group] = (),
        orders: Iterable[Order] = (),
    ) -> None:
        self.known = {group.number: group for group in groups}
        self._orders = {order.order_id: order for order in orders}
        self._account = account
        self._hands = hands

    def __bool__(self) -> bool:
        return bool(self.known)

    def place(self, ts: int, wish: GroupRequest, *, run_id: str = "", decision: str = "") -> Group:
        """Take a wish down as the next group: its entry, or its exits where it has none.

        When the gate denies one of them the group ends at once, with the gate's reason. Raises
        NotFound and InvalidRequest as `Account.place` does, and InvalidRequest for orders that do
        not belong together.
        """
        check_group(wish)
        group = group_from(ts, self._account.order_count + 1, wish, run_id, decision)
        if wish.entry is not None:
            group.entry = self._made(self._hands.place(ts, wish.entry, group, Leg.ENTRY))
        else:
            for one in group.exits:
                self._place_exit(ts, group, one, group.quantity)
        self.known[group.number] = group
        for number in group.orders:
            order = self._orders[number]
            if order.state == OrderState.DENIED:
                group.turn(GroupState.UNDOING, order.reason)
        self._follow(ts, group)
        return group

    def follow(self, ts: int) -> None:
        """Do what the groups want now that something has happened."""
        for group in list(self.known.values()):
            self._follow(ts, group)

    def cancel(self, ts: int, group: Group) -> None:
        """Ask for the end of a group: of all its orders, and of what it holds nothing."""
        if group.is_active:
            group.turn(GroupState.CANCELING, group.reason)
            self._follow(ts, group)

    def orders_of(self, group: Group) -> Iterator[Order]:
        """Its orders, in the order in which they were made."""
        return (self._orders[number] for number in sorted(group.orders))

    def forget_ended(self) -> None:
        """Let go of groups that ended, where no late news can come."""
        for number, group in list(self.known.items()):
            if not group.is_active:
                for one in group.orders:
                    del self._orders[one]
                del self.known[number]

    def _follow(self, ts: int, group: Group) -> None:
        for _ in range(MOST_ROUNDS):
            wanted = follow(group, self._orders)
            if not wanted:
                return
            for action in wanted:
                self._do(ts, group, action)

    def _do(self, ts: int, group: Group, action: Action) -> None:
        match action:
            case PlaceExit():
                self._place_exit(ts, group, group.exits[action.place], action.quantity)
            case ResizeExit():
                self._resize(ts, group.exits[action.place], action.quantity)
            case CancelOrder():
                group.cancels[action.number] = group.cancels.get(action.number, 0) + 1
                if action.renewed >= 0:
                    group.exits[action.renewed].is_renewed = True
                self._hands.cancel(ts, self._orders[action.number])
            case CloseRest():
                self._close(ts, group, action)
            case Turn():
                group.turn(action.state, action.reason)

    def _place_exit(self, ts: int, group: Group, leg: Exit, quantity: int) -> None:
        wish = structs.replace(leg.wish, quantity=quantity)
        if leg.orders:
            wish = group.unnamed(wish)
        leg.asked, leg.is_renewed = 0, False
        leg.orders.append(self._made(self._hands.place(ts, wish, group, leg.leg)))

    def _resize(self, ts: int, leg: Exit, quantity: int) -> None:
        order = self._orders[leg.orders[-1]]
        leg.asked = quantity
        try:
            self._account.replace(ts, order.order_id, quantity, order.limit_price, order.stop_price)
        except DomainError:  # the gate's no is like the broker's: the exit is made anew
            return

    def _close(self, ts: int, group: Group, action: CloseRest) -> None:
        position = self._account.position(group.instrument_id)
        opening, _ = exposure(position, action.side, action.quantity)
        quantity = min(action.quantity - opening, position.max_order_quantity)
        if quantity <= 0:
            group.left = action.quantity if action.side != group.side else -action.quantity
            group.reason = group.reason or RESIDUAL
            return
        request = group.exits[0].wish.request
        wish = group.unnamed(OrderRequest(request, group.instrument_id, action.side, quantity))
        group.corrections.append(self._made(self._hands.place(ts, wish, group, Leg.CORRECTION)))

    def _made(self, order: Order) -> int:
        self._orders[order.order_id] = order
        return order.order_id

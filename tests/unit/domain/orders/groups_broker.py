"""An account with one group, and a broker that does whatever a test makes it do."""

import msgspec

from domain.instruments import Instruments
from domain.orders import events as ev
from domain.orders.account import Account
from domain.orders.books import AccountState
from domain.orders.groups.group import Group
from domain.orders.groups.groups import AccountHands, Groups
from domain.orders.order import Leg, Order
from domain.orders.request import GroupPolicy, GroupRequest, OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from tests.builders import AAPL, AnAccount, a_wish

S = OrderState
DOLLAR = 1_000_000
TO_SEND = (S.CREATED, S.PENDING_CANCEL, S.PENDING_REPLACE)


def a_group(
    side: Side = Side.BUY,
    quantity: int = 100,
    *,
    entry: bool = True,
    profit: bool = True,
    loss: bool = True,
    limit: int = 0,
    policy: GroupPolicy = GroupPolicy.PROTECT_FIRST,
) -> GroupRequest:
    """A bracket around 100 dollars, unless told otherwise: profit at 110, stop at 90."""
    out = Side(-side)
    better, worse = (110, 90) if side > 0 else (90, 110)

    def wish(of: Side, request: int, limit: int = 0, stop: int = 0) -> OrderRequest:
        return a_wish(of, quantity, request=request, limit=limit, stop=stop)

    return GroupRequest(
        wish(side, 1, limit=limit * DOLLAR) if entry else None,
        wish(out, 2, limit=better * DOLLAR) if profit else None,
        wish(out, 3, stop=worse * DOLLAR) if loss else None,
        policy,
    )


class Desk:
    """Decides and sends by hand; `group` is the one group there is."""

    def __init__(self, wish: GroupRequest, limits: RiskLimits | None = None) -> None:
        self.base = AnAccount(1_000_000, limits=limits)
        self.limits = limits or RiskLimits()
        self.account = self.base.account
        self.log = self.base.log
        self.held = 0
        if wish.entry is None:
            side, quantity = Side(-wish.exits[0].side), wish.exits[0].quantity
            self.base.trade(side, quantity, "100")
            self.held = quantity * side
        self.ts = self.base.ts
        self.groups = Groups(self.account, AccountHands(self.account))
        self.number = self.groups.place(self.ts, wish).number

    @property
    def group(self) -> Group:
        return self.groups.known[self.number]

    @property
    def orders(self) -> list[Order]:
        return list(self.groups.orders_of(self.group))

    @property
    def position(self) -> int:
        return self.account.position(AAPL).quantity

    def leg(self, leg: Leg) -> Order:
        """The newest order of that part."""
        return [order for order in self.orders if order.leg == leg][-1]

    def waiting(self) -> list[Order]:
        return [order for order in self.orders if order.state in TO_SEND]

    def tell(self, event: ev.Event) -> None:
        """News of the broker, and what the group makes of it."""
        self.ts += 1_000_000_000
        self.account.apply(event)
        self.groups.follow(self.ts)

    def send(self, order: Order) -> None:
        """The broker does as it is asked."""
        number, wanted = order.order_id, order.replacement
        if order.state == S.CREATED:
            self.tell(ev.OrderSubmitted(self.ts, number))
            self.tell(ev.OrderAccepted(self.ts, number))
        elif order.state == S.PENDING_CANCEL:
            self.tell(ev.OrderCanceled(self.ts, number))
        elif wanted is not None and wanted.quantity > order.filled_quantity:
            terms = (wanted.quantity, wanted.limit_price, wanted.stop_price)
            self.tell(ev.OrderReplaced(self.ts, number, *terms))
        else:
            self.refuse(order)

    def send_all(self) -> None:
        """Until nothing waits."""
        for _ in range(100):
            if not (waiting := self.waiting()):
                return
            self.send(waiting[0])
        raise AssertionError("it never comes to rest")

    def refuse(self, order: Order) -> None:
        """A cancel or a replace is refused: it works on."""
        self.tell(ev.OrderAccepted(self.ts, order.order_id))

    def reject(self, order: Order, reason: str = "NO") -> None:
        """The broker does not take it."""
        self.tell(ev.OrderSubmitted(self.ts, order.order_id))
        self.tell(ev.OrderRejected(self.ts, order.order_id, reason))

    def fill(self, order: Order, quantity: int = 0, dollars: int = 100) -> None:
        """Of all that is open unless told."""
        size = quantity or order.open_quantity
        self.tell(ev.OrderFilled(self.ts, order.order_id, dollars * DOLLAR, size))

    def restart(self) -> None:
        """Everything from what was kept."""
        state = msgspec.msgpack.encode(self.account.state())
        groups = msgspec.msgpack.encode(list(self.groups.known.values()))
        orders = msgspec.msgpack.encode(self.orders)
        kept = msgspec.msgpack.decode(state, type=AccountState)
        account = Account(Instruments(self.base.instruments.values()), self.limits, self.log.append)
        account.restore(kept)
        account.mark(AAPL, 100.0)
        known = {one.order_id: one for one in msgspec.msgpack.decode(orders, type=list[Order])}
        known |= account.orders | account.ended
        self.account = account
        self.groups = Groups(
            account,
            AccountHands(account),
            msgspec.msgpack.decode(groups, type=list[Group]),
            known.values(),
        )
        self.groups.follow(self.ts)

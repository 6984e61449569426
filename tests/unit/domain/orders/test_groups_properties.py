"""Whatever a broker does to a group, and however often we restart: nothing is exited twice."""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.orders import events as ev
from domain.orders.groups.follow import MOST_REFUSALS
from domain.orders.groups.group import GroupState
from domain.orders.order import Leg, Order
from domain.orders.request import GroupPolicy, Side
from domain.orders.state import OrderState
from tests.unit.domain.orders.groups_broker import TO_SEND, Desk, a_group

S = OrderState
AT_THE_BROKER = (S.ACCEPTED, S.PARTIALLY_FILLED, S.PENDING_CANCEL, S.PENDING_REPLACE)
UNKNOWN = (S.SUBMITTED, S.IN_DOUBT)
ENDED_SHORT = (S.CANCELED, S.EXPIRED)
EXITS = (Leg.TAKE_PROFIT, Leg.STOP_LOSS)
KINDS = ((True, True, True), (True, False, True), (True, True, False), (False, True, True))
Happening = Callable[[], object]


class AnyBroker(RuleBasedStateMachine):
    """Fills, refusals, rejects, expiries, doubts and restarts, in any order."""

    desk: Desk | None = None

    @initialize(
        side=st.sampled_from(Side),
        quantity=st.integers(1, 9),
        kind=st.sampled_from(KINDS),
        policy=st.sampled_from(GroupPolicy),
    )
    def begin(
        self, side: Side, quantity: int, kind: tuple[bool, bool, bool], policy: GroupPolicy
    ) -> None:
        entry, profit, loss = kind
        self.desk = Desk(
            a_group(side, quantity, entry=entry, profit=profit, loss=loss, policy=policy)
        )

    @rule(choice=st.integers(0, 10**9), size=st.integers(1, 9))
    def happen(self, choice: int, size: int) -> None:
        """One of the things that can happen now; the usual ones more often."""
        possible = self.usual(size) * 5 + self.unusual(size)
        possible[choice % len(possible)]()

    def usual(self, size: int) -> list[Happening]:
        assert self.desk
        desk, found = self.desk, list[Happening]()
        for order in desk.orders:
            if order.state in TO_SEND:
                found.append(lambda order=order: desk.send(order))
            if order.state in UNKNOWN:
                found.append(lambda order=order: self.tell(ev.OrderAccepted, order))
            if order.state in AT_THE_BROKER and order.open_quantity:
                part = min(size, order.open_quantity)
                found.append(lambda order=order, part=part: desk.fill(order, part))
        return found

    def unusual(self, size: int) -> list[Happening]:
        assert self.desk
        desk, found = self.desk, list[Happening]([self.desk.restart])
        for order in desk.orders:
            if order.state == S.CREATED:
                found.append(lambda order=order: desk.reject(order))
                found.append(lambda order=order: self.doubt(order))
            if order.state in (S.PENDING_CANCEL, S.PENDING_REPLACE):
                found.append(lambda order=order: desk.refuse(order))
            if order.state in AT_THE_BROKER:
                found.append(lambda order=order: self.tell(ev.OrderExpired, order))
                found.append(lambda order=order: self.tell(ev.OrderCanceled, order))
            if order.state in ENDED_SHORT and order.open_quantity and order.update_ts:
                part = min(size, order.open_quantity)
                found.append(lambda order=order, part=part: desk.fill(order, part))
        if desk.group.is_active:
            found.append(lambda: desk.groups.cancel(desk.ts, desk.group))
        return found

    def tell(self, news: type, order: Order) -> None:
        assert self.desk
        self.desk.tell(news(self.desk.ts, order.order_id))

    def doubt(self, order: Order) -> None:
        self.tell(ev.OrderSubmitted, order)
        self.tell(ev.OrderInDoubt, order)

    @invariant()
    def quantities_are_conserved(self) -> None:
        if self.desk is None:
            return
        desk = self.desk
        traded = sum(order.side * order.filled_quantity for order in desk.orders)
        assert desk.position == desk.held + traded
        assert all(order.filled_quantity <= order.quantity for order in desk.orders)
        assert desk.account.ledger.imbalance == 0

    def teardown(self) -> None:
        """The broker does as it is asked from now on, and in the end all of it is canceled."""
        if self.desk is None:
            return
        desk = self.desk
        self.come_to_rest()
        held = desk.group.side * desk.position
        for order in desk.orders:
            if order.is_working and order.leg in EXITS:
                assert order.open_quantity == held > 0, "an exit works for what is held"
        desk.groups.cancel(desk.ts, desk.group)
        self.come_to_rest()
        assert not any(order.is_working for order in desk.orders), "no orphan is left working"
        assert desk.group.state == GroupState.ENDED
        refused = [one for one in desk.orders if one.leg == Leg.CORRECTION and one.reason]
        if len(refused) < MOST_REFUSALS:
            assert desk.group.side * desk.position >= 0, "what was exited twice was taken back"
        assert desk.account.reserved == 0

    def come_to_rest(self) -> None:
        assert self.desk
        desk = self.desk
        for _ in range(100):
            desk.send_all()
            for order in desk.orders:
                if order.state in UNKNOWN:
                    self.tell(ev.OrderAccepted, order)
                    break
                if order.is_working and order.leg == Leg.CORRECTION:
                    desk.fill(order)
                    break
            else:
                return
        raise AssertionError("it never comes to rest")


AnyBroker.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnyBroker = AnyBroker.TestCase

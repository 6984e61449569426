"""What must be true: after each commit what is cheap, at the end everything.

The eight zeros are `lost`, `duplicate`, `ghost`, `fill`, `cash`, `reservation`, `limit` and
`replay`; besides, `version`, `epoch`, `answer` and `stuck` (what does not come to its end).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from adapters.memory.kept_account import KeptAccount
from domain.errors import DomainError
from domain.orders.account import Account
from domain.orders.book import AccountBook, Record
from domain.orders.events import (
    Event,
    LedgerPosted,
    OrderCreated,
    OrderSubmitted,
    event_from_bytes,
    event_to_bytes,
)
from domain.orders.order import Leg, Order
from domain.orders.records import FillRecord, OrderRecord
from domain.orders.state import OrderState
from tests.simulation.broker import BrokerBook

ENDED_BY_EVIDENCE = frozenset(
    {OrderState.DENIED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED}
)
CONCLUDED = ENDED_BY_EVIDENCE | {OrderState.PRESUMED_ABSENT}
SETTLED = ENDED_BY_EVIDENCE | {OrderState.FILLED, OrderState.PRESUMED_ABSENT}


class Violation(Struct, frozen=True):
    """Something that must never be."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


class Oracle:
    """Collects violations."""

    def __init__(self, brokers: Mapping[str, BrokerBook]) -> None:
        self._brokers = brokers
        self.found: list[Violation] = []

    def saw(self, kind: str, what: str) -> None:
        """It happened."""
        self.found.append(Violation(kind, what))

    # at each commit

    def before(self, account: KeptAccount, book: AccountBook) -> None:
        """The book is about to be kept."""
        if book.version != account.version + len(book.entries):
            self.saw("version", f"{book.account_id} leaps to {book.version}")
        ledger = book.account.ledger
        if ledger.imbalance or type(ledger.cash) is not int:
            self.saw("cash", f"{book.account_id} does not balance: {ledger}")
        news = Counter(
            getattr(event, "order_id", 0)
            for _, event in book.entries
            if not isinstance(event, LedgerPosted)
        )
        broker = self._brokers.get(book.account_id)
        for order in book.changed_orders():
            kept, tag = account.tags.get(order.order_id), book.tag(order.order_id)
            before = kept.version if kept is not None else 0
            if tag.version != before + news[order.order_id]:
                self.saw("version", f"{tag.order_id} goes from {before} to {tag.version}")
            self._check_quantities(account, order)
            if broker is not None:
                self._check_end(tag.order_id, account.orders.get(order.order_id), order, broker)
        if book.halts:
            self._check_barrier(account, book)

    def _check_end(self, name: str, before: Order | None, order: Order, broker: BrokerBook) -> None:
        """What is concluded of an order must be so at this very moment."""
        if order.state not in CONCLUDED or (before is not None and before.state == order.state):
            return
        there = broker.by_id.get(name, [])
        if name in broker.broke_promise or any(one.twin for one in there):
            return
        comes = broker.in_flight[name] and not (there and broker.capabilities.unique_order_ids)
        if comes or any(one.is_working for one in there):
            self.saw("ghost", f"{name} is held for {order.state.name} while it lives")

    def _check_barrier(self, account: KeptAccount, book: AccountBook) -> None:
        """No order that could open leaves for the first time while a switch is pressed."""
        for _, event in book.entries:
            if not isinstance(event, OrderSubmitted):
                continue
            before = account.orders.get(event.order_id)
            is_first = before is None or before.state == OrderState.CREATED
            if is_first and book.account.order(event.order_id).reserved:
                self.saw("kill", f"order {event.order_id} left after the switch was pressed")

    def _check_quantities(self, account: KeptAccount, order: Order) -> None:
        before = account.orders.get(order.order_id)
        if before is not None and order.filled_quantity < before.filled_quantity:
            self.saw("fill", f"order {order.order_id} loses what it had filled")
        if order.filled_quantity > order.quantity and order.state != OrderState.QUARANTINED:
            self.saw("fill", f"order {order.order_id} is over-filled and {order.state.name}")

    # at the end

    def account(
        self,
        kept: KeptAccount,
        broker: BrokerBook,
        asked: Collection[str],
        may_come: Collection[str],
        told: Sequence[Record],
    ) -> None:
        """Everything about one account, once nothing is under way."""
        self._check_orders(kept, broker, asked, may_come)
        self._check_groups(kept)
        self._check_fills(kept, broker)
        self._check_money(kept, broker)
        self._check_replay(kept)
        self._check_told(kept, told)
        for breach in broker.breaches:
            self.saw("limit", breach)

    def _check_orders(
        self,
        kept: KeptAccount,
        broker: BrokerBook,
        asked: Collection[str],
        may_come: Collection[str],
    ) -> None:
        for name in asked:
            if name not in kept.numbers:
                self.saw("lost", f"{name} was answered for and is not there")
        for name in kept.numbers:
            is_of_group = kept.orders[kept.numbers[name]].leg > Leg.ENTRY  # one may be renewed
            if name not in asked and name not in may_come and not is_of_group:
                self.saw("ghost", f"{name} is kept and was never asked for")
        for name in broker.by_id:
            if broker.by_id[name] and name not in kept.numbers:
                self.saw("ghost", f"{name} is at the broker and not here")
        for name, number in kept.numbers.items():
            self._check_order(name, kept.orders[number], broker)

    def _check_order(self, name: str, order: Order, broker: BrokerBook) -> None:
        there = broker.by_id.get(name, [])
        sent_twice = [one for one in there if not one.twin]
        if len(sent_twice) > 1:
            self.saw("duplicate", f"{name} works {len(there)} times at the broker")
        if order.state == OrderState.QUARANTINED:
            if len(there) < 2:
                self.saw("stuck", f"{name} is in quarantine for nothing ({order.reason})")
            return
        if order.state not in SETTLED:
            self.saw("stuck", f"{name} stays {order.state.name}")
        if there and order.state in (
            OrderState.DENIED,
            OrderState.REJECTED,
            OrderState.PRESUMED_ABSENT,
        ):
            self.saw("ghost", f"{name} is {order.state.name} and was taken by the broker")
        if not there and order.state in (OrderState.FILLED, OrderState.EXPIRED):
            self.saw("lost", f"{name} is {order.state.name} and never was at the broker")

    def _check_groups(self, kept: KeptAccount) -> None:
        """No more leaves a group than entered it, but for what it says is left to close."""
        for group in kept.groups.values():
            entered = exited = 0
            for number in group.orders:
                order = kept.orders[number]
                if order.side == kept.orders[group.number].side:
                    entered += order.filled_quantity
                else:
                    exited += order.filled_quantity
            if exited > entered and exited - entered != abs(group.left):
                self.saw("limit", f"group {group.number} entered {entered} and left {exited}")

    def _check_fills(self, kept: KeptAccount, broker: BrokerBook) -> None:
        ours = Counter(
            (one.fill_id, one.order_id, int(one.quantity)) for one in kept.fills.values()
        )
        theirs = Counter((one.fill_id, one.order_id, one.quantity) for one in broker.executions)
        if ours != theirs:
            self.saw("fill", f"missing {theirs - ours}, too many {ours - theirs}")
        for name, number in kept.numbers.items():
            filled = sum(one.filled for one in broker.by_id.get(name, []))
            if filled != kept.orders[number].filled_quantity:
                self.saw("fill", f"{name}: {kept.orders[number].filled_quantity} of {filled}")

    def _check_money(self, kept: KeptAccount, broker: BrokerBook) -> None:
        if kept.ledger.cash != broker.cash:
            self.saw("cash", f"{kept.ledger.cash} here, {broker.cash} at the broker")
        ours = {name: one.quantity for name, one in kept.holdings.items() if one.quantity}
        theirs = {name: quantity for name, quantity in broker.positions.items() if quantity}
        if ours != theirs:
            self.saw("cash", f"positions {ours} here, {theirs} at the broker")

    def _check_replay(self, kept: KeptAccount) -> None:
        events = [event_from_bytes(event_to_bytes(event)) for _, event in kept.entries]
        try:
            account, orders = replayed(kept, events)
        except DomainError as error:
            self.saw("replay", f"the log of {kept.terms.account_id} cannot be read: {error}")
            return
        state = account.state()
        if state.ledger != kept.ledger or state.order_count != kept.order_count:
            self.saw("replay", f"{state.ledger}, kept was {kept.ledger}")
        if {one.instrument_id: one for one in state.holdings if one.quantity} != {
            name: one for name, one in kept.holdings.items() if one.quantity
        }:
            self.saw("replay", f"positions {state.holdings}, kept were {kept.holdings}")
        for number, order in kept.orders.items():
            if orders.get(number) != order:
                self.saw("replay", f"{orders.get(number)}, kept was {order}")
        if account.reserved != kept.reserved:
            self.saw("reservation", f"{account.reserved}, kept was {kept.reserved}")
        needed = sum(order.reserved for order in kept.orders.values())
        if needed != kept.reserved:
            self.saw("reservation", f"{kept.reserved} is held for {needed}")

    def _check_told(self, kept: KeptAccount, told: Sequence[Record]) -> None:
        """The outbox tells of each change of each order, once and in order, and of each fill."""
        versions: dict[str, list[int]] = {name: [] for name in kept.numbers}
        fills: Counter[str] = Counter()
        for one in told:
            if isinstance(one, OrderRecord):
                versions[one.order_id].append(one.version)
            elif isinstance(one, FillRecord):
                fills[one.fill_id] += 1
        for name, seen in versions.items():
            if seen != list(range(1, kept.tags[kept.numbers[name]].version + 1)):
                self.saw("outbox", f"{name} was told of as {seen}")
        if fills != Counter(dict.fromkeys(kept.fills, 1)):
            self.saw("outbox", f"fills were told of as {fills}")


def replayed(kept: KeptAccount, events: list[Event]) -> tuple[Account, dict[int, Order]]:
    """The account as its log rebuilds it, half the way by way of a snapshot; and its orders."""
    orders: dict[int, Order] = {}
    account = _new(kept)
    half, halved = len(events) // 2, False
    for place, event in enumerate(events):
        if place >= half and not halved and not isinstance(event, LedgerPosted):
            halved = True
            state = account.state()
            account = _new(kept)
            account.restore(state)
            orders |= account.orders | account.ended
        number = getattr(event, "order_id", 0)
        if number in orders and number not in account.orders:
            account.ended[number] = orders[number]  # as a store loads what a report names
        account.apply(event)
        if isinstance(event, OrderCreated):
            orders[event.order_id] = account.orders[event.order_id]
    return account, orders


def _new(kept: KeptAccount) -> Account:
    return Account(kept.instruments, kept.terms.limits, lambda _event: None)

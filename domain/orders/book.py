"""An account while it is being changed, with everything about it that a store keeps."""

import msgspec
from msgspec import structs

from domain.errors import AlreadyExists, NotAllowedNow, NotFound
from domain.instruments import Instrument
from domain.orders.account import Account
from domain.orders.books import AccountState
from domain.orders.doubt import (
    LONGEST_DOUBT,
    MOST_IN_DOUBT,
    WATCH_ABSENT,
    Doubt,
)
from domain.orders.events import (
    BooksAdjusted,
    CapitalDeposited,
    Event,
    FillReversed,
    LedgerPosted,
    OrderAccepted,
    OrderCreated,
    OrderFilled,
    OrderInDoubt,
    OrderPendingCancel,
    OrderPresumedAbsent,
    OrderRejected,
)
from domain.orders.groups.groups import Groups
from domain.orders.groups.in_book import BookHands
from domain.orders.halts import (
    ORDER_QUARANTINED,
    ORDERS_IN_DOUBT,
    RUN_PAUSED,
    halt_of,
)
from domain.orders.identity import order_id_of
from domain.orders.kept import Attempt, AttemptKind, Kept, Outcome
from domain.orders.kill_switch import KillMode, Press, halt_by, tripped
from domain.orders.order import Leg, Order
from domain.orders.reconciliation.reckoning import Reckoning
from domain.orders.records import (
    AccountKey,
    AccountRecord,
    FillRecord,
    OrderRecord,
    OrderTag,
    PositionRecord,
    account_record,
    order_record,
    position_record,
)
from domain.orders.request import OrderRequest, TrailingRequest
from domain.orders.state import OrderState
from domain.values import money_to_decimal

Record = OrderRecord | FillRecord | PositionRecord | AccountRecord

_WISH_DECODER = msgspec.msgpack.Decoder(OrderRequest | TrailingRequest)
TO_SEND = frozenset({OrderState.CREATED, OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE})
_DOUBTFUL = frozenset({OrderState.SUBMITTED, OrderState.IN_DOUBT})


class AccountBook:
    """The account for one decision: what it changes is kept whole, or not at all.

    `now` is the account's clock, nanoseconds UTC: that of the replay which drives it, else ours,
    which is `clock`.
    `entries`, `told`, `fills`, `attempts`, `answers`, `presses`, `reckoning` and `changed_orders`
    are what a store keeps.
    """

    def __init__(self, kept: Kept, *, clock: int) -> None:
        self.clock = clock
        self.tenant = kept.tenant
        self.terms = kept.terms
        self.market = kept.market
        self.report_count = kept.report_count
        self.version = kept.version
        self.instruments = dict(kept.instruments)
        self.entries: list[tuple[str, Event]] = []
        self.told: list[Record] = []
        self.fills: list[FillRecord] = []
        self.attempts: list[Attempt] = []
        self.answers: list[Attempt] = []
        self.presses: list[Press] = []
        self.now = kept.market.ts if kept.market.run_id and kept.market.ts else clock
        self.reckoning = Reckoning(kept.breaks)
        self.halts = (*kept.halts, *self.reckoning.halts()) if kept.breaks else kept.halts
        self._touched: set[int] = set()
        self._reserved = {order.order_id: order.reserved for order in kept.state.orders}
        self._fill_ids = set(kept.fill_ids)
        self._fill_id = ""
        self._tags = dict(kept.tags)
        self._orders = {order.order_id: order for order in kept.state.orders}
        self._numbers = {tag.order_id: number for number, tag in self._tags.items()}
        self._coming = OrderTag("")
        self.account = Account(self.instruments, kept.terms.limits, self._record)
        self.account.restore(_without_future(kept.state, self.now))
        for instrument_id, price in kept.marks.items():
            self.account.mark(instrument_id, price)
        self.nth = 1  # of its decision is the order that comes next
        if kept.gate is not None:
            self.account.gate = kept.gate.open()
        self.hands = BookHands(self)
        self.groups = Groups(self.account, self.hands, kept.groups, kept.state.orders)
        self.groups_before = {one.number: msgspec.msgpack.encode(one) for one in kept.groups}

    # what may be asked of it

    @property
    def account_id(self) -> str:
        return self.terms.account_id

    def order(self, order_id: str) -> Order:
        """The order of that name. Raises `NotFound` ORDER_NOT_FOUND when it was not loaded."""
        number = self._numbers.get(order_id)
        if number is None:
            raise NotFound(f"no order {order_id}", reason="ORDER_NOT_FOUND", order_id=order_id)
        return self._orders[number]

    def orders(self) -> list[Order]:
        """Every order that was loaded or made, by number."""
        return [self._orders[number] for number in sorted(self._orders)]

    def changed_orders(self) -> list[Order]:
        """Orders that news came about, or that now set aside more or less than before."""
        return [
            order
            for order in self.orders()
            if order.order_id in self._touched
            or order.reserved != self._reserved.get(order.order_id, 0)
        ]

    def find(self, order_id: str) -> Order | None:
        """The order of that name, or None when it was not loaded."""
        number = self._numbers.get(order_id)
        return None if number is None else self._orders[number]

    def tag(self, number: int) -> OrderTag:
        """What is kept beside an order."""
        return self._tags[number]

    def record_of(self, order: Order) -> OrderRecord:
        """The order as readers see it now."""
        instrument = self.account.position(order.instrument_id).instrument
        return order_record(
            self.account_id,
            order,
            self._tags[order.order_id],
            instrument.price_decimals,
            instrument.quantity_decimals,
        )

    def position_records(self) -> list[PositionRecord]:
        """Every position, flat ones too."""
        return [
            position_record(
                self.account_id, one.instrument, one.quantity, one.cost, one.realised, one.last
            )
            for one in self.account.positions.values()
        ]

    def account_record(self) -> AccountRecord:
        """The money as readers see it now."""
        account = self.account
        return account_record(
            self.terms, account.ledger, account.reserved, self.position_records(), self.version
        )

    # decisions

    def know(self, instrument: Instrument) -> None:
        """Make an instrument tradable here.

        Raises `NotAllowedNow` INSTRUMENT_CHANGED when the account counts it by other decimals:
        its orders and positions would mean something else.
        """
        known = self.instruments.get(instrument.instrument_id)
        if known is not None and (known.price_decimals, known.quantity_decimals) != (
            instrument.price_decimals,
            instrument.quantity_decimals,
        ):
            raise NotAllowedNow(
                f"{instrument.instrument_id} is counted by other decimals in this account",
                reason="INSTRUMENT_CHANGED",
                instrument_id=instrument.instrument_id,
            )
        self.instruments[instrument.instrument_id] = instrument

    def place(
        self,
        ts: int,
        wish: OrderRequest,
        decision_key: str,
        *,
        run_id: str = "",
        may_only_reduce: bool = False,
        group: int = 0,
        leg: Leg = Leg.NONE,
        generation: int = 1,
    ) -> tuple[Order, bool]:
        """The order of a decision, and whether it is new.

        The same decision again gives the order it made, as it stands now; so its name must be
        among the loaded ones. Raises `AlreadyExists` IDEMPOTENCY_KEY_REUSED when it had other
        terms then, and what `Account.place` raises.
        """
        name = order_id_of(self.tenant, self.account_id, decision_key, generation)
        fingerprint = msgspec.msgpack.encode(wish)
        if (made := self.find(name)) is not None:
            if self._tags[made.order_id].fingerprint != fingerprint:
                raise AlreadyExists(
                    f"order {name} was placed with other terms",
                    reason="IDEMPOTENCY_KEY_REUSED",
                    order_id=name,
                )
            return made, False
        self._coming = OrderTag(
            name,
            run_id,
            fingerprint,
            group_id=self._group_id(group, name),
            decision=decision_key,
            generation=generation,
        )
        if self.account.gate is not None:
            self.account.gate.turn(run_id, self.nth)
        halted = RUN_PAUSED if may_only_reduce else self._stopped(run_id, wish.instrument_id)
        return self.account.place(ts, wish, halted=halted, group=group, leg=leg), True

    def next_name(self, order: Order) -> str:
        """What the order would be called, were it issued once more; empty where it cannot be."""
        tag = self._tags[order.order_id]
        if not tag.decision or tag.group_id:
            return ""
        return order_id_of(self.tenant, self.account_id, tag.decision, tag.generation + 1)

    def reissue(self, ts: int, order: Order) -> tuple[Order, bool]:
        """The order's decision carried out once more, by an order of the next generation.

        Whether it is new, as `place` says; `next_name` must be among the loaded ones.
        """
        tag = self._tags[order.order_id]
        return self.place(
            ts,
            _wish_of(tag.fingerprint),
            tag.decision,
            run_id=tag.run_id,
            generation=tag.generation + 1,
        )

    def _group_id(self, group: int, name: str) -> str:
        """The name of a group's first order, which may be the one that is about to be made."""
        if not group:
            return ""
        return self._tags[group].order_id if group in self._tags else name

    def halted(self, run_id: str, instrument_id: str, *, in_doubt: bool = False) -> str:
        """Why such an order may only reduce now; empty when it may open.

        Orders in doubt do not halt one that is `in_doubt` itself: it holds its reservation, and
        sending it again is what ends the doubt.
        """
        gate = self.account.gate
        return self._stopped(run_id, instrument_id, in_doubt=in_doubt) or (
            "" if gate is None else gate.halted(run_id, instrument_id)
        )

    def _stopped(self, run_id: str, instrument_id: str, *, in_doubt: bool = False) -> str:
        """What halts such an order, but for the gate: that answers for itself when it is asked."""
        return halt_of(self.halts, run_id, instrument_id) or self._halted_by_orders(in_doubt)

    def mark(self, instrument_id: str, price: float, ts: int) -> None:
        """The last price known is that one, of that time."""
        self.account.mark(instrument_id, price)
        if self.account.gate is not None:
            self.account.gate.marked(instrument_id, ts)
            self.account.gate.look(self.account, max(self.now, ts))

    def replace(self, order: Order, quantity: int, limit_price: int, stop_price: int) -> None:
        """Ask for other terms of a working order, by the rules of `Account.replace`."""
        run_id = self._tags[order.order_id].run_id
        if self.account.gate is not None:
            self.account.gate.turn(run_id)
        halted = self.halted(run_id, order.instrument_id)
        self.account.replace(
            self.now, order.order_id, quantity, limit_price, stop_price, halted=halted
        )

    def press(
        self, cause: str, mode: KillMode, reason: str, *, run_id: str = "", instrument_id: str = ""
    ) -> None:
        """Press the kill switch in this account, in this very change; the same cause does it once.

        New risk is forbidden from here on. `reason` is for people; what the mode does beside is
        done after the change.
        """
        account = AccountKey(self.tenant, self.account_id)
        self.presses.append(
            tripped(
                account,
                cause,
                mode,
                self.clock,
                reason,
                run_id=run_id,
                instrument_id=instrument_id,
            )
        )
        self.halts = (*self.halts, halt_by(run_id, instrument_id))

    def to_send(self) -> tuple[str, ...]:
        """Of the orders that changed, those that wait to be sent or have something to be sent."""
        return tuple(
            self._tags[order.order_id].order_id
            for order in self.orders()
            if order.state in TO_SEND and order.order_id in self._touched
        )

    def saw(self, order: Order, best: int) -> None:
        """Note the best price that the market has shown to a stop that we move."""
        if order.high_water != best:
            order.high_water = best
            self._touched.add(order.order_id)

    def doubt(self, order: Order, *, cancel: bool = False) -> None:
        """Note that nobody knows whether the broker has it; if `cancel`, that it shall end."""
        tag = self._tags[order.order_id]
        if tag.doubt is None:
            tag.doubt = Doubt(self.clock, self.clock, cancel_wanted=cancel)
        else:
            tag.doubt = tag.doubt.sent_again(self.clock).without(cancel=cancel)
        self._touched.add(order.order_id)
        if order.state != OrderState.IN_DOUBT:
            self.account.in_doubt(OrderInDoubt(self.now, order.order_id))

    def doubt_of(self, order: Order) -> Doubt:
        """What is known of an order in doubt."""
        return self._tags[order.order_id].doubt or Doubt(self.clock, self.clock)

    def learned(self, order: Order, doubt: Doubt) -> None:
        """Note what is known of a doubt by now."""
        self._tags[order.order_id].doubt = doubt
        self._touched.add(order.order_id)

    def presume_absent(self, order: Order) -> None:
        """Conclude that the broker does not have it; it is asked about for some time yet."""
        self._tags[order.order_id].watch_ts = self.clock + WATCH_ABSENT
        self.account.presumed_absent(OrderPresumedAbsent(self.now, order.order_id))

    def found(self, order: Order, ts: int) -> None:
        """The broker has it after all: it works, and is canceled if that was wanted meanwhile."""
        tag = self._tags[order.order_id]
        doubt, tag.doubt, tag.watch_ts = tag.doubt, None, 0
        self.account.accepted(OrderAccepted(ts, order.order_id))
        if doubt is not None and doubt.cancel_wanted:
            self.account.pending_cancel(OrderPendingCancel(ts, order.order_id))

    def _halted_by_orders(self, in_doubt: bool) -> str:
        """Too much that nobody knows halts new risk, and so does what contradicts itself."""
        doubtful = 0
        for order in self.account.orders.values():
            if order.state == OrderState.QUARANTINED:
                return ORDER_QUARANTINED
            if in_doubt:
                continue
            if order.state in _DOUBTFUL and (doubt := self._tags[order.order_id].doubt) is not None:
                doubtful += 1
                if self.clock - doubt.since_ts > LONGEST_DOUBT:
                    return ORDERS_IN_DOUBT
        return ORDERS_IN_DOUBT if doubtful > MOST_IN_DOUBT else ""

    def attempt(self, ts: int, order: Order, kind: AttemptKind) -> Attempt:
        """Note that something is about to be sent about the order."""
        tag = self._tags[order.order_id]
        tag.attempts += 1
        made = Attempt(order.order_id, tag.attempts, kind, ts)
        self.attempts.append(made)
        self._touched.add(order.order_id)
        return made

    def answered(self, attempt: Attempt, outcome: Outcome, reason: str = "") -> None:
        """Note what came of an attempt."""
        attempt.outcome, attempt.reason = outcome, reason
        self.answers.append(attempt)

    def known_to_broker(self, order: Order, broker_order_id: str) -> None:
        """Note the broker's own name for an order."""
        tag = self._tags[order.order_id]
        if broker_order_id and tag.broker_order_id != broker_order_id:
            tag.broker_order_id = broker_order_id
            self._touched.add(order.order_id)

    def fill(self, event: OrderFilled, fill_id: str) -> bool:
        """Book an execution, at most once; False when it was booked before.

        The store was told to look for its id.
        """
        if fill_id in self._fill_ids:
            return False
        self._fill_id = fill_id
        self.account.filled(event)
        self._fill_ids.add(fill_id)
        return True

    def adopt(self, event: OrderCreated, tag: OrderTag) -> Order:
        """Take down an order that was made elsewhere; it passes no gate."""
        self._coming = tag
        return self.account.created(event)

    def settle(
        self, event: BooksAdjusted | FillReversed, break_id: str, *, fill_id: str = ""
    ) -> None:
        """Set the books right, and note which break that settles."""
        self.reckoning.settles, self._fill_id = break_id, fill_id
        self.reckoning.moved.add(event.instrument_id)
        if fill_id:
            self.reckoning.reversed[fill_id] = break_id
        self.account.apply(event)
        self.reckoning.settles = ""

    def follow(self) -> None:
        """Let the groups do what they want now; harmless at any time."""
        if self.groups and self.entries:
            self.groups.follow(max(self.now, self.market.ts) if self.market.run_id else self.now)

    def close(self) -> None:
        """End of the decision: groups follow it, then positions and money that moved are told."""
        if not self.entries:
            return
        self.follow()
        moved = {fill.instrument_id for fill in self.fills} | self.reckoning.moved
        for position in self.position_records():
            if position.instrument_id in moved:
                self.told.append(position)
        self.told.append(self.account_record())

    def _record(self, event: Event) -> None:
        self.version += 1
        if isinstance(event, LedgerPosted):
            self.reckoning.postings.append((self._fill_id, self.reckoning.settles))
        if isinstance(event, CapitalDeposited | BooksAdjusted) or not event.order_id:
            self.entries.append(("", event))
            return
        if isinstance(event, OrderCreated):
            self._enter(event)
        tag = self._tags[event.order_id]
        self.entries.append((tag.run_id, event))
        if isinstance(event, LedgerPosted):
            return
        tag.version += 1
        self._touched.add(event.order_id)
        order = self._orders[event.order_id]
        if isinstance(event, OrderFilled):
            self._book_fill(order, tag, event)
        elif self.account.gate is not None and isinstance(event, OrderAccepted | OrderRejected):
            self.account.gate.answered(self.now, rejected=isinstance(event, OrderRejected))
        if not order.is_working:
            self.account.ended[event.order_id] = order  # news may come about it in this change
            if order.state != OrderState.PRESUMED_ABSENT:
                tag.doubt, tag.watch_ts = None, 0
        self.told.append(self.record_of(order))

    def _enter(self, event: OrderCreated) -> None:
        self._orders[event.order_id] = self.account.orders[event.order_id]
        self._tags[event.order_id] = self._coming
        self._numbers[self._coming.order_id] = event.order_id

    def _book_fill(self, order: Order, tag: OrderTag, event: OrderFilled) -> None:
        instrument = self.instruments[order.instrument_id]
        fill = FillRecord(
            self.account_id,
            self._fill_id,
            tag.order_id,
            order.order_id,
            order.instrument_id,
            order.side,
            instrument.quantity_to_decimal(event.quantity),
            instrument.price_to_decimal(event.price),
            money_to_decimal(event.fee),
            event.ts,
        )
        self.fills.append(fill)
        self.told.append(fill)


def _wish_of(fingerprint: bytes) -> OrderRequest:
    wish: OrderRequest = _WISH_DECODER.decode(fingerprint)
    return wish


def _without_future(state: AccountState, now: int) -> AccountState:
    """A replay may set the clock back: orders of a time to come do not count for the rate."""
    return structs.replace(state, recent=tuple(ts for ts in state.recent if ts <= now))

"""Holds orders to the limits that somebody set: the same code in backtest, on paper and live.

It is asked after `account_limits.refuse` has let an order pass, and only where limits are set. What
only reduces a position passes all of it.
"""

from collections.abc import Iterable, Mapping

from domain.instruments import Instrument
from domain.orders.books import Books
from domain.orders.halts import (
    DAILY_LOSS,
    DRAWDOWN,
    REJECT_RATIO,
    RUNAWAY_DECISION,
    Halt,
    halt_of,
)
from domain.orders.order import Order, Replacement
from domain.orders.position import Position
from domain.orders.request import OrderRequest
from domain.orders.risk.account_limits import (
    MAX_ORDER_NOTIONAL,
    MAX_ORDER_QUANTITY,
    MAX_POSITION,
    NO_REFERENCE_PRICE,
    ORDER_RATE_EXCEEDED,
    SHORT_SELLING_NOT_ALLOWED,
    exposure,
)
from domain.orders.risk.exposures import gross, net, price_of, worst
from domain.orders.risk.limits import Limits, ScopedLimits, tightest
from domain.orders.risk.meeting import crosses_own, is_open
from domain.orders.risk.scaled import (
    LossLimits,
    ScaledLimits,
    Share,
    loss_limits,
    rates,
    scaled,
)
from domain.orders.risk.watched import Counted, Same, Trip, Watched

INSTRUMENT_RESTRICTED = "INSTRUMENT_RESTRICTED"
INSTRUMENT_HALTED = "INSTRUMENT_HALTED"
OUTSIDE_SESSION = "OUTSIDE_SESSION"
STALE_REFERENCE_PRICE = "STALE_REFERENCE_PRICE"
PRICE_COLLAR = "PRICE_COLLAR"
SELF_CROSS = "SELF_CROSS"
IDENTICAL_ORDER = "IDENTICAL_ORDER"
MAX_GROSS_EXPOSURE = "MAX_GROSS_EXPOSURE"
MAX_NET_EXPOSURE = "MAX_NET_EXPOSURE"

_MOST_REMEMBERED = 1_000
_SHORTEST, _LONGEST = 1_000_000_000, 60_000_000_000


class Gate:
    """The limits on one account, and what is remembered of it for them.

    Before an order is placed `turn` says whose it is. `trips` are those of this decision, `halts`
    all that stand.
    """

    def __init__(
        self,
        limits: Iterable[ScopedLimits],
        watched: Watched | None = None,
        *,
        counted: Iterable[Counted] = (),
        halts: tuple[Halt, ...] = (),
        strategies: Mapping[str, str] | None = None,
        is_live: bool = False,
    ) -> None:
        """`limits` all fit the account. `strategies` tells the strategy of each run. Only where it
        `is_live` may a price be too old."""
        self.limits = tuple(limits)
        self.watched = Watched() if watched is None else watched
        self.halts = halts
        self.trips: list[Trip] = []
        self.counted = {one.scope: one.recent for one in counted}
        self._strategies = strategies or {}
        self._is_live = is_live
        self._run_id = ""
        self._strategy_id = ""
        self._nth = 1
        self._scaled: dict[tuple[str, str], ScaledLimits] = {}
        self._all = loss_limits(tightest(self._of_the_account()))
        self._keeps_ages = any(one.limits.max_reference_age for one in self.limits)
        self._longest = max(
            (one.limits.identical_order_window or 0 for one in self.limits), default=0
        )
        self.follows_equity = any(loss_limits(one.limits).watches_equity for one in self.limits)

    def turn(self, run_id: str = "", nth: int = 1) -> None:
        """The next order is a run's or nobody's, the nth of its decision, counted from 1."""
        self._run_id, self._nth = run_id, nth
        self._strategy_id = self._strategies.get(run_id, "")

    def halted(self, run_id: str, instrument_id: str) -> str:
        """Why such an order may only reduce now; empty when it may open."""
        return halt_of(self.halts, run_id, instrument_id)

    def look(self, books: Books, ts: int) -> None:
        """The account's prices have moved: has it lost too much?"""
        if self.follows_equity:
            self.watched.look(ts, books.equity - books.ledger.capital)
            self._check_losses(self._all, books, ts, "")

    def marked(self, instrument_id: str, ts: int) -> None:
        """A price of that time is known now."""
        if self._keeps_ages:
            self.watched.marked[instrument_id] = ts

    def answered(self, ts: int, *, rejected: bool) -> None:
        """The broker has taken or rejected an order."""
        if self._all.rejects is None:
            return
        self.watched.answered(rejected=rejected)
        if self.watched.is_rejected_too_often(self._all):
            share = f"{sum(self.watched.answers)} of the last {len(self.watched.answers)}"
            self.watched.answers = ()
            self._trip(REJECT_RATIO, ts, "", f"the broker rejected {share} orders")

    def refuse(
        self, books: Books, ts: int, wish: OrderRequest, price: int, link: int
    ) -> str | None:
        """Why an order that the account's own bounds let pass may not exist, or None.

        `price` is what it would reserve at, `link` its group if it is an exit.
        """
        position = books.position(wish.instrument_id)
        opening, _ = exposure(position, wish.side, wish.quantity, link)
        reason = None
        if opening:
            limits = self._of(position.instrument)
            self.look(books, ts)
            self._check_losses(limits.loss, books, ts, self._run_id)
            reason = (
                self._runs_away(ts, limits)
                or self.halted(self._run_id, wish.instrument_id)
                or _banned(limits, wish.side, position.instrument, ts)
                or self._badly_priced(limits, position, wish, ts)
                or _too_large(limits, position, wish.quantity, price)
                or _crosses(limits, position, wish)
                or self._repeats(limits, wish, ts)
                or self._too_fast(ts, wish.instrument_id)
                or _too_exposed(limits, books, position, wish, link, price)
            )
        if reason is None:
            self._admit(ts, wish)
        return reason

    def refuse_replacement(
        self, books: Books, ts: int, order: Order, wanted: Replacement
    ) -> str | None:
        """Why a working order may not take those terms, or None. Lesser terms always may."""
        position = books.position(order.instrument_id)
        if lessens(order, wanted) or not could_open(position, order, wanted.quantity):
            return None
        more = max(0, wanted.quantity - order.quantity)
        size = wanted.quantity - order.filled_quantity if more and order.link else more
        wish = OrderRequest(
            order.request,
            order.instrument_id,
            order.side,
            size,
            order.order_type,
            wanted.limit_price,
            wanted.stop_price,
            order.time_in_force,
        )
        limits = self._of(position.instrument)
        self.look(books, ts)
        self._check_losses(limits.loss, books, ts, self._run_id)
        return (
            self.halted(self._run_id, order.instrument_id)
            or _banned(limits, order.side, position.instrument, ts)
            or self._badly_priced(limits, position, wish, ts)
            or _too_large(limits, position, wanted.quantity, wanted.reserve_price)
            or _crosses(limits, position, wish, but=order.order_id)
            or _too_exposed(limits, books, position, wish, order.link, wanted.reserve_price)
        )

    # what is looked at

    def _of(self, instrument: Instrument) -> ScaledLimits:
        """The tightest of what is set for the strategy whose turn it is."""
        key = self._strategy_id, instrument.instrument_id
        found = self._scaled.get(key)
        if found is None:
            fitting = (one.limits for one in self.limits if one.scope.covers(*key))
            found = self._scaled[key] = scaled(tightest(fitting), instrument)
        return found

    def _of_the_account(self) -> Iterable[Limits]:
        return (one.limits for one in self.limits if one.scope.covers("", ""))

    def _runs_away(self, ts: int, limits: ScaledLimits) -> str | None:
        if self._nth <= limits.orders_per_decision:
            return None
        most = limits.orders_per_decision
        self._trip(RUNAWAY_DECISION, ts, self._run_id, f"more than {most} orders of one decision")
        return RUNAWAY_DECISION

    def _check_losses(self, limits: LossLimits, books: Books, ts: int, run_id: str) -> None:
        capital = books.ledger.capital
        if self.watched.loses_too_much(limits, capital):
            self._trip(DAILY_LOSS, ts, run_id, "the day's loss has come to its limit")
        if self.watched.is_drawn_down(limits, capital):
            self._trip(DRAWDOWN, ts, run_id, "the drawdown has come to its limit")

    def _trip(self, reason: str, ts: int, run_id: str, detail: str) -> None:
        if any(one.reason == reason and one.covers(run_id, "") for one in self.halts):
            return
        self.trips.append(Trip(reason, ts, run_id, detail))
        self.halts = (*self.halts, Halt(reason, run_id))

    def _badly_priced(
        self, limits: ScaledLimits, position: Position, wish: OrderRequest, ts: int
    ) -> str | None:
        reference = position.reference_price
        if not reference:
            return NO_REFERENCE_PRICE if limits.needs_price else None
        if limits.reference_age is not None and self._is_live:
            marked = self.watched.marked.get(wish.instrument_id)
            if marked is None or ts - marked > limits.reference_age:
                return STALE_REFERENCE_PRICE
        if limits.collar is not None:
            reach = reference * limits.collar
            for price in (wish.limit_price, wish.stop_price):
                if price and abs(price - reference) * 1_000_000 > reach:
                    return PRICE_COLLAR
        return None

    def _repeats(self, limits: ScaledLimits, wish: OrderRequest, ts: int) -> str | None:
        if not limits.identical_window:
            return None
        since = ts - limits.identical_window
        recent = self.watched.recent
        if any(one.ts > since and _key(one) == _key(_same(ts, wish)) for one in recent):
            return IDENTICAL_ORDER
        # More than can be remembered: whether it repeats one is not known.
        full = len(recent) == _MOST_REMEMBERED and recent[0].ts > since
        return ORDER_RATE_EXCEEDED if full else None

    def _too_fast(self, ts: int, instrument_id: str) -> str | None:
        for one in self._counting(instrument_id):
            recent = self.counted.get(one.scope, ())
            for most, window in rates(one.limits):
                if len(recent) >= most and recent[-most] > ts - window:
                    return ORDER_RATE_EXCEEDED
        return None

    def _counting(self, instrument_id: str) -> Iterable[ScopedLimits]:
        return (
            one
            for one in self.limits
            if one.limits.count_orders and one.scope.covers(self._strategy_id, instrument_id)
        )

    def _admit(self, ts: int, wish: OrderRequest) -> None:
        """Remember an order for those that come after it."""
        for one in self._counting(wish.instrument_id):
            recent = self.counted.get(one.scope, ())
            window = _LONGEST if one.limits.max_orders_per_minute else _SHORTEST
            kept = [was for was in recent[1 - _MOST_REMEMBERED :] if was > ts - window]
            self.counted[one.scope] = (*kept, ts)
        if self._longest:
            recent_ones = self.watched.recent[1 - _MOST_REMEMBERED :]
            still = (one for one in recent_ones if one.ts > ts - self._longest)
            self.watched.recent = (*still, _same(ts, wish))


def lessens(order: Order, wanted: Replacement) -> bool:
    """Whether other terms only ask for less of the same."""
    return (
        wanted.quantity <= order.quantity
        and wanted.limit_price == order.limit_price
        and wanted.stop_price == order.stop_price
    )


def could_open(position: Position, order: Order, quantity: int) -> bool:
    """Whether a working order could do more than reduce, were `quantity` its quantity."""
    _, after = exposure(position, order.side, max(0, quantity - order.quantity), order.link)
    return after > 0


def _banned(limits: ScaledLimits, side: int, instrument: Instrument, ts: int) -> str | None:
    if limits.restricted:
        return INSTRUMENT_RESTRICTED
    if limits.halted:
        return INSTRUMENT_HALTED
    if limits.long_only and side < 0:
        return SHORT_SELLING_NOT_ALLOWED
    if limits.session_only and not is_open(instrument, ts):
        return OUTSIDE_SESSION
    return None


def _too_large(limits: ScaledLimits, position: Position, quantity: int, price: int) -> str | None:
    if quantity > limits.order_quantity:
        return MAX_ORDER_QUANTITY
    if quantity * price * position.money_factor > limits.order_notional:
        return MAX_ORDER_NOTIONAL
    return None


def _crosses(
    limits: ScaledLimits, position: Position, wish: OrderRequest, *, but: int = 0
) -> str | None:
    if not limits.no_self_cross or wish.stop_price:
        return None
    crosses = crosses_own(position, wish.side, wish.limit_price, but=but)
    return SELF_CROSS if crosses else None


def _too_exposed(
    limits: ScaledLimits,
    books: Books,
    position: Position,
    wish: OrderRequest,
    link: int,
    price: int,
) -> str | None:
    _, after = exposure(position, wish.side, wish.quantity, link)
    if after > limits.position_quantity:
        return MAX_POSITION
    value = price_of(position, price) * position.money_factor
    whole = books.equity
    if _passes(limits.position, after * value, whole):
        return MAX_POSITION
    if limits.gross.is_set:
        held = max(after, worst(position)) * value
        if _passes(limits.gross, gross(books, but=position) + held, whole):
            return MAX_GROSS_EXPOSURE
    if limits.net.is_set:
        one_way = net(books, wish.side, but=position) + after * value
        if _passes(limits.net, one_way, whole):
            return MAX_NET_EXPOSURE
    return None


def _passes(share: Share, money: int, whole: int) -> bool:
    return money > share.of(whole)


def _same(ts: int, wish: OrderRequest) -> Same:
    side, quantity = int(wish.side), wish.quantity
    return Same(ts, wish.instrument_id, side, quantity, wish.limit_price, wish.stop_price)


def _key(one: Same) -> tuple[str, int, int, int, int]:
    return one.instrument_id, one.side, one.quantity, one.limit_price, one.stop_price

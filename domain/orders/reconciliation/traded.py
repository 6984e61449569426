"""Executions that one side has and the other has not, and what they explain."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from msgspec import Struct, field

from domain.instruments import Instrument
from domain.orders.identity import is_ours, name_of
from domain.orders.reconciliation.books import Books, KeptOrder
from domain.orders.reconciliation.breaks import (
    AdoptOrder,
    BookFill,
    BreakKind,
    Figures,
    Finding,
    ReverseFill,
)
from domain.orders.reconciliation.strays import stray_finding
from domain.orders.reconciliation.words import execution_words, quantity, traded_words
from domain.orders.records import FillRecord
from domain.orders.state import OrderState
from domain.orders.statement import Execution, ReportKind, StatedOrder, Statement
from domain.values import money_to_int, to_scaled

_NEVER_SENT = (OrderState.CREATED, OrderState.DENIED)


class Traded(Struct):
    """Findings about executions, and by how much the broker is ahead of us because of them."""

    findings: list[Finding] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    cash: int = 0
    explained: set[str] = field(default_factory=set)
    """Orders of ours that a finding is about."""

    def ahead(self, execution: Execution, instrument: Instrument | None) -> None:
        """The broker has an execution that we have not."""
        self.held[execution.instrument_id] += execution.side * execution.quantity
        if instrument is not None:
            value = execution.price * execution.quantity * instrument.money_factor
            self.cash -= execution.side * value + execution.fee


def traded(statement: Statement, books: Books, instruments: Mapping[str, Instrument]) -> Traded:
    """Compares what was executed."""
    found = Traded()
    strange: dict[str, list[Execution]] = defaultdict(list)
    for execution in statement.executions:
        if execution.fill_id in books.booked:
            continue
        name = name_of(execution.order_id, execution.broker_order_id)
        if name in books.orders:
            _missing(found, books, books.orders[name], execution, instruments)
        else:
            strange[name].append(execution)
    _strangers(found, statement, books, strange, instruments)
    _unstated(found, statement, books, instruments)
    return found


def _missing(
    found: Traded,
    books: Books,
    order: KeptOrder,
    execution: Execution,
    instruments: Mapping[str, Instrument],
) -> None:
    known = instruments.get(execution.instrument_id)
    words = execution_words(execution, known)
    found.explained.add(order.order_id)
    if _is_counted(books, order, execution, known):
        found.findings.append(
            Finding(
                f"fill:{execution.fill_id}",
                BreakKind.LOG_MISMATCH,
                f"the order {order.order_id} counts a fill ({words}) that is not in our books"
                " any more",
                Figures(broker=words),
                order_id=order.order_id,
                instrument_id=execution.instrument_id,
                fill_id=execution.fill_id,
            )
        )
        return
    found.ahead(execution, known)
    can_book = order.state not in _NEVER_SENT
    found.findings.append(
        Finding(
            f"fill:{execution.fill_id}",
            BreakKind.MISSING_FILL,
            f"the broker {words} for order {order.order_id} ({execution.fill_id}); our books have"
            f" {quantity(known, order.filled_quantity)} of it filled and not this",
            Figures(words, "no such fill", "no such fill"),
            BookFill(order.order_id, execution) if can_book else None,
            instrument_id=execution.instrument_id,
            order_id=order.order_id,
            fill_id=execution.fill_id,
        )
    )


def _is_counted(
    books: Books, order: KeptOrder, execution: Execution, instrument: Instrument | None
) -> bool:
    """The order has it: only the row of the fill is gone. To book it would double it."""
    if books.fills is None or instrument is None:
        return False
    booked = sum(
        _scaled(fill, instrument) for fill in books.fills if fill.order_id == order.order_id
    )
    return order.filled_quantity - booked >= execution.quantity


def _strangers(
    found: Traded,
    statement: Statement,
    books: Books,
    strange: dict[str, list[Execution]],
    instruments: Mapping[str, Instrument],
) -> None:
    """Orders that we did not make, one finding each."""
    working = {name_of(one.order_id, one.broker_order_id): one for one in statement.orders}
    for name in sorted({*strange, *working} - books.orders.keys()):
        executions = tuple(strange.get(name, ()))
        for execution in executions:
            found.ahead(execution, instruments.get(execution.instrument_id))
        found.findings.append(_stranger(name, working.get(name), executions, instruments))
    for report in books.strays:
        name = name_of(report.order_id, report.broker_order_id)
        is_told = name in books.orders or name in strange or name in working
        if report.kind == ReportKind.FILLED and not is_told and report.fill_id not in books.booked:
            found.findings.append(stray_finding(name, report.fill_id))


def _stranger(
    name: str,
    order: StatedOrder | None,
    executions: tuple[Execution, ...],
    instruments: Mapping[str, Instrument],
) -> Finding:
    instrument_id = order.instrument_id if order is not None else executions[0].instrument_id
    known = instruments.get(instrument_id)
    told = [execution_words(one, known) for one in executions]
    if order is not None:
        told.append(f"still works for {quantity(known, order.terms.quantity)} {instrument_id}")
    kind = BreakKind.ORPHAN if is_ours(name) else BreakKind.UNKNOWN_ORDER
    whose = "has a name of ours, and our books know nothing of it"
    if kind == BreakKind.UNKNOWN_ORDER:
        whose = "was not made here"
    return Finding(
        f"order:{name}",
        kind,
        f"the order {name} at the broker {whose}: {'; '.join(told)}",
        Figures("; ".join(told), "no such order", "no such order"),
        None if known is None else AdoptOrder(name, order, executions),
        instrument_id=instrument_id,
        order_id=name,
    )


def _unstated(
    found: Traded, statement: Statement, books: Books, instruments: Mapping[str, Instrument]
) -> None:
    """Fills of ours that the broker does not have: booked twice, or from nowhere."""
    if books.fills is None:
        return
    stated = {one.fill_id for one in statement.executions}
    unstated = [fill for fill in books.fills if fill.fill_id not in stated]
    if not unstated:
        return
    twins = {
        (name_of(one.order_id, one.broker_order_id), one.side, one.quantity, one.price)
        for one in statement.executions
    }
    for fill in unstated:
        known = instruments.get(fill.instrument_id)
        if known is None:
            continue
        size, price = _scaled(fill, known), to_scaled(fill.price, known.price_decimals, "price")
        fee = money_to_int(fill.fee, "fee")
        found.held[fill.instrument_id] -= fill.side * size
        found.cash += fill.side * price * size * known.money_factor + fee
        found.explained.add(fill.order_id)
        is_twin = (fill.order_id, fill.side, size, price) in twins
        found.findings.append(_reversible(fill, is_twin=is_twin))


def _reversible(fill: FillRecord, *, is_twin: bool) -> Finding:
    words = traded_words(fill.side, f"{fill.quantity:f}", fill.instrument_id, f"{fill.price:f}")
    why = "which the broker states once, under another id" if is_twin else "which it does not state"
    return Finding(
        f"fill:{fill.fill_id}",
        BreakKind.DUPLICATE_FILL if is_twin else BreakKind.PHANTOM_FILL,
        f"our books have the fill {fill.fill_id} of order {fill.order_id} ({words}), {why}",
        Figures("once" if is_twin else "no such fill", words, words),
        ReverseFill(fill.order_id, fill.fill_id),
        instrument_id=fill.instrument_id,
        order_id=fill.order_id,
        fill_id=fill.fill_id,
    )


def _scaled(fill: FillRecord, instrument: Instrument) -> int:
    return to_scaled(fill.quantity, instrument.quantity_decimals, "quantity")

"""Orders that work on one side and not on the other."""

from collections.abc import Collection

from domain.orders.identity import name_of
from domain.orders.reconciliation.books import Books, KeptOrder
from domain.orders.reconciliation.breaks import (
    BreakKind,
    CancelOrder,
    EndOrder,
    Figures,
    Finding,
    Remedy,
    ReviveOrder,
)
from domain.orders.state import OrderState
from domain.orders.statement import Statement

# An order in any other state is on its way, there or back.
_AT_THE_BROKER = frozenset(
    {OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.QUARANTINED}
)
_WORKS, _WORKS_NOT = "works", "does not work"


def state_findings(statement: Statement, books: Books, explained: Collection[str]) -> list[Finding]:
    """One an order; none for those whose fills are found to differ, which comes first."""
    stated = {name_of(one.order_id, one.broker_order_id) for one in statement.orders}
    findings = []
    for order in books.orders.values():
        if order.order_id in explained:
            continue
        remedy = _remedy(order, order.order_id in stated)
        if remedy is not None:
            findings.append(_finding(order, remedy, order.order_id in stated))
    return findings


def _remedy(order: KeptOrder, is_stated: bool) -> Remedy:
    if is_stated and order.state == OrderState.PRESUMED_ABSENT:
        return ReviveOrder(order.order_id)
    if is_stated and (order.is_over or order.state == OrderState.QUARANTINED):
        return CancelOrder(order.order_id)
    if not is_stated and order.state in _AT_THE_BROKER:
        return EndOrder(order.order_id)
    return None


def _finding(order: KeptOrder, remedy: Remedy, is_stated: bool) -> Finding:
    there = _WORKS if is_stated else _WORKS_NOT
    return Finding(
        f"order:{order.order_id}",
        BreakKind.ORDER_STATE,
        f"order {order.order_id} is {order.state.name} here; it {there} at the broker",
        Figures(there, order.state.name, order.state.name),
        remedy,
        order_id=order.order_id,
    )

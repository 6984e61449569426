"""What readers ask about the groups of an account."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from adapters.sql.account_changes import ONE, account_row
from adapters.sql.account_groups import group_of, order_rows
from adapters.sql.account_rows import record_from
from adapters.sql.tables.groups import order_groups
from domain.orders.groups.in_book import no_group
from domain.orders.groups.record import OrderGroupRecord, group_record
from ports.account_store import OrderQuery


def one_group(
    connection: Connection, tenant: str, account_id: str, group_id: str
) -> OrderGroupRecord:
    """One group with its orders. Raises `NotFound`."""
    account_row(connection, tenant, account_id)
    question = select(order_groups).where(
        order_groups.c.account_id == account_id, order_groups.c.group_id == group_id
    )
    row = connection.execute(question).first()
    if row is None:
        raise no_group(group_id)
    return _record(connection, row)


def page_of_groups(
    connection: Connection,
    tenant: str,
    account_id: str,
    query: OrderQuery,
    before: int,
    limit: int,
) -> Sequence[OrderGroupRecord]:
    """Newest first."""
    account_row(connection, tenant, account_id)
    question = select(order_groups).where(order_groups.c.account_id == account_id)
    if query.open_only:
        question = question.where(order_groups.c.is_active == ONE)
    if query.run_id:
        question = question.where(order_groups.c.run_id == query.run_id)
    if before:
        question = question.where(order_groups.c.number < before)
    rows = connection.execute(question.order_by(order_groups.c.number.desc()).limit(limit)).all()
    return [_record(connection, row) for row in rows]


def _record(connection: Connection, row: Any) -> OrderGroupRecord:
    group = group_of(row.body)
    rows = order_rows(connection, row.account_id, group.orders)
    orders = [record_from(one) for one in rows]
    return group_record(
        row.account_id, group, orders, rows[0].price_decimals, rows[0].quantity_decimals
    )

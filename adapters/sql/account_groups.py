"""The groups of an account: loaded with their orders, and kept, in the account's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from adapters.sql.prepared import Prepared, inserting, updating
from adapters.sql.tables.groups import order_groups
from adapters.sql.tables.orders import orders
from domain.orders.book import AccountBook
from domain.orders.groups.group import Group

_GROUP = Prepared(
    select(order_groups).where(
        order_groups.c.account_id == bindparam("account_id"),
        order_groups.c.number == bindparam("number"),
    )
)
_ORDER = Prepared(
    select(orders).where(
        orders.c.account_id == bindparam("account_id"), orders.c.number == bindparam("number")
    )
)
_ADD, _KEEP = inserting(order_groups), updating(order_groups, "account_id", "number")
group_of = msgspec.msgpack.Decoder(Group).decode


def groups_of(connection: Connection, account_id: str, numbers: Iterable[int]) -> tuple[Group, ...]:
    """The groups of these numbers, oldest first."""
    rows = (
        _GROUP.row(connection, account_id=account_id, number=number)
        for number in sorted(set(numbers) - {0})
    )
    return tuple(group_of(row.body) for row in rows if row is not None)


def order_rows(connection: Connection, account_id: str, numbers: Iterable[int]) -> Sequence[Any]:
    """The orders of these numbers, oldest first."""
    rows = (
        _ORDER.row(connection, account_id=account_id, number=number) for number in sorted(numbers)
    )
    return [row for row in rows if row is not None]


def keep_groups(connection: Connection, book: AccountBook) -> None:
    """Keeps the groups that the change made or changed."""
    before, now = book.groups_before, book.groups.known
    changed = [
        (one, pack) for one in now.values() if (pack := _pack(one)) != before.get(one.number)
    ]
    _KEEP.run(connection, (_row(book, *one) for one in changed if one[0].number in before))
    _ADD.run(connection, (_row(book, *one) for one in changed if one[0].number not in before))


_pack = msgspec.msgpack.encode


def _row(book: AccountBook, group: Group, body: bytes) -> dict[str, Any]:
    return {
        "tenant": book.tenant,
        "account_id": book.account_id,
        "number": group.number,
        "group_id": book.tag(group.number).order_id,
        "run_id": group.run_id,
        "is_active": int(group.is_active),
        "body": body,
    }

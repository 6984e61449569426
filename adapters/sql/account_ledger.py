"""The ledger of an account as readers see it, in one reading transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, cast, func, select

from adapters.sql.account_changes import account_row
from adapters.sql.reconciliation_rows import break_of
from adapters.sql.tables.orders import fills, ledger_entries
from adapters.sql.tables.reconciliation import breaks
from domain.orders.records import FillRecord, LedgerRecord
from domain.values import money_to_decimal

_fill_of = msgspec.msgpack.Decoder(FillRecord).decode


def page_of_ledger(
    connection: Connection, tenant: str, account_id: str, before: int, limit: int
) -> Sequence[LedgerRecord]:
    """Newest first. The entries carry the account's versions, with holes; their count has none."""
    account_row(connection, tenant, account_id)
    of_account = ledger_entries.c.account_id == account_id
    count = connection.scalar(select(func.count()).where(of_account)) or 0
    skipped = max(0, count - before + 1) if before else 0
    question = (
        select(ledger_entries, fills.c.fill, breaks.c.body.label("settled"))
        .outerjoin(
            fills,
            (fills.c.account_id == ledger_entries.c.account_id)
            & (fills.c.fill_id == ledger_entries.c.fill_id),
        )
        .outerjoin(breaks, breaks.c.break_id == ledger_entries.c.break_id)
        .where(of_account)
        .order_by(ledger_entries.c.version.desc())
        .limit(limit)
        .offset(skipped)
    )
    rows = connection.execute(question).all()
    if not rows:
        return []
    total = select(cast(func.sum(ledger_entries.c.cash), BigInteger)).where(
        of_account, ledger_entries.c.version <= rows[0].version
    )
    cash, number = connection.scalar(total) or 0, count - skipped
    found = []
    for row in rows:
        found.append(_record(row, number, cash))
        cash, number = cash - row.cash, number - 1
    return found


def _record(row: Any, number: int, cash_after: int) -> LedgerRecord:
    return LedgerRecord(
        number=number,
        ts=row.ts,
        fill_id=row.fill_id or "",
        instrument_id=_instrument(row),
        cash=money_to_decimal(row.cash),
        basis=money_to_decimal(row.cost),
        fee=money_to_decimal(row.fees),
        capital=money_to_decimal(row.capital),
        realised=money_to_decimal(row.realised),
        cash_after=money_to_decimal(cash_after),
        break_id=row.break_id,
    )


def _instrument(row: Any) -> str:
    if row.fill:
        return _fill_of(row.fill).instrument_id
    return break_of(row.settled).finding.instrument_id if row.settled else ""

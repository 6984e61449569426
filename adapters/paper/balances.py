"""What an account at the paper broker holds: cash, positions and executions, kept as they come."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from adapters.paper.tables import (
    paper_accounts,
    paper_deposits,
    paper_executions,
    paper_orders,
    paper_positions,
    paper_reports,
)
from adapters.sql.prepared import Prepared, inserting
from domain.instruments import Instrument
from domain.orders.request import Side
from domain.simulation.fills import Resting
from ports.broker import Execution, ExecutionReport, StatedOrder, Statement, Terms

_pack = msgspec.msgpack.encode
_resting_of = msgspec.msgpack.Decoder(Resting).decode
_execution_of = msgspec.msgpack.Decoder(Execution).decode


def _of_account(table: Any) -> tuple[Any, Any]:
    return table.c.tenant == bindparam("tenant"), table.c.account_id == bindparam("account_id")


_cash = insert(paper_accounts)
_ADD_CASH = Prepared(
    _cash.on_conflict_do_update(
        index_elements=list(paper_accounts.primary_key),
        set_={
            "cash": paper_accounts.c.cash + _cash.excluded.cash,
            "is_funded": func.max(paper_accounts.c.is_funded, _cash.excluded.is_funded),
        },
    ),
    [column.name for column in paper_accounts.c],
)
_held = insert(paper_positions)
_ADD_HELD = Prepared(
    _held.on_conflict_do_update(
        index_elements=list(paper_positions.primary_key),
        set_={"quantity": paper_positions.c.quantity + _held.excluded.quantity},
    ),
    [column.name for column in paper_positions.c],
)
_ADD_EXECUTION = inserting(paper_executions)
_ADD_DEPOSIT = inserting(paper_deposits)
_DEPOSIT = Prepared(
    select(paper_deposits.c.amount).where(
        *_of_account(paper_deposits), paper_deposits.c.deposit_id == bindparam("deposit_id")
    )
)
_ACCOUNT = Prepared(select(paper_accounts).where(*_of_account(paper_accounts)))
_HELD = Prepared(
    select(paper_positions)
    .where(*_of_account(paper_positions), paper_positions.c.quantity != literal_column("0"))
    .order_by(paper_positions.c.instrument_id)
)
_EXECUTIONS = Prepared(
    select(paper_executions.c.execution)
    .where(*_of_account(paper_executions), paper_executions.c.ts >= bindparam("since"))
    .order_by(paper_executions.c.number)
)
_WORKING = Prepared(
    select(paper_orders)
    .where(*_of_account(paper_orders), paper_orders.c.is_working == literal_column("1"))
    .order_by(paper_orders.c.place)
)
_LAST_REPORT = Prepared(
    select(func.max(paper_reports.c.number).label("last")).where(*_of_account(paper_reports))
)


class Balances:
    """Moves what an account holds, inside the transaction of what moved it."""

    def __init__(self, key: Mapping[str, str]) -> None:
        self._key = key

    def book(
        self, connection: Connection, number: int, executed: Execution, instrument: Instrument
    ) -> None:
        """An execution, reported under that number."""
        value = executed.price * executed.quantity * instrument.money_factor
        row = {"number": number, "ts": executed.ts, "execution": _pack(executed)}
        _ADD_EXECUTION.run(connection, [{**self._key, **row}])
        quantity = executed.side * executed.quantity
        held = {"instrument_id": executed.instrument_id, "quantity": quantity}
        _ADD_HELD.run(connection, [{**self._key, **held}])
        self._move(connection, -(executed.side * value + executed.fee), is_funded=0)

    def pay_in(self, connection: Connection, deposit_id: str, amount: int) -> None:
        """Money comes in, once under that name."""
        if _DEPOSIT.row(connection, **self._key, deposit_id=deposit_id) is not None:
            return
        deposit = {"deposit_id": deposit_id, "amount": amount}
        _ADD_DEPOSIT.run(connection, [{**self._key, **deposit}])
        self._move(connection, amount, is_funded=1)

    def _move(self, connection: Connection, cash: int, *, is_funded: int) -> None:
        _ADD_CASH.run(connection, [{**self._key, "cash": cash, "is_funded": is_funded}])


def statement(connection: Connection, key: Mapping[str, str], *, since: int) -> Statement:
    """The account as the book has it; its cash once anything was paid in."""
    account = _ACCOUNT.row(connection, **key)
    found = _EXECUTIONS.rows(connection, **key, since=since)
    executions = tuple(_execution_of(row.execution) for row in found)
    last = _LAST_REPORT.row(connection, **key)
    return Statement(
        max((one.ts for one in executions), default=since),
        int(last.last or 0) if last is not None else 0,
        account.cash if account is not None and account.is_funded else None,
        {row.instrument_id: row.quantity for row in _HELD.rows(connection, **key)},
        tuple(_stated(row) for row in _WORKING.rows(connection, **key)),
        executions,
    )


def broker_order_id(number: int) -> str:
    """The broker's own name of an order."""
    return f"P{number}"


def execution_of(report: ExecutionReport, order: Mapping[str, Any], side: Side) -> Execution:
    """The execution that a report tells of."""
    return Execution(
        report.fill_id,
        report.order_id,
        broker_order_id(order["number"]),
        order["instrument_id"],
        side,
        report.quantity,
        report.price,
        report.fee,
        report.ts,
    )


def _stated(row: Any) -> StatedOrder:
    resting = _resting_of(row.resting)
    return StatedOrder(
        row.order_id,
        broker_order_id(row.number),
        row.instrument_id,
        resting.side,
        resting.filled_quantity,
        Terms(resting.quantity, resting.limit_price, resting.stop_price),
        resting.order_type,
        resting.time_in_force,
    )

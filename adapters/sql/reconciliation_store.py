"""Reconciliations on SQL."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from adapters.sql.account_changes import account_row
from adapters.sql.database import Database
from adapters.sql.reconciliation_books import books_of, fill_of
from adapters.sql.reconciliation_rows import break_of, pack
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.reconciliation import breaks, reconciliations
from domain.errors import NotFound
from domain.orders.reconciliation.books import Books
from domain.orders.reconciliation.breaks import Break
from domain.orders.reconciliation.record import Reconciliation, extended
from domain.orders.records import FillRecord
from ports.clock import Clock
from ports.reconciliation_store import ReconciliationStore
from ports.request_log import RequestKey

NOTHING: Mapping[str, str] = MappingProxyType({})
_of = msgspec.msgpack.Decoder(Reconciliation).decode


class SqlReconciliationStore(ReconciliationStore):
    """A body packed, with what is looked for beside it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def books(
        self,
        tenant: str,
        account_id: str,
        *,
        after: int,
        orders: Sequence[str] = (),
        fills: Mapping[str, str] = NOTHING,
        all_fills: bool = False,
        most: int = 0,
    ) -> Books:
        def query(connection: Connection) -> Books:
            account = account_row(connection, tenant, account_id)
            return books_of(
                connection, account, after, orders, fills, all_fills=all_fills, most=most
            )

        return await self._database.read(tenant, query)

    async def fill(self, tenant: str, account_id: str, fill_id: str) -> FillRecord | None:
        def query(connection: Connection) -> FillRecord | None:
            account_row(connection, tenant, account_id)
            return fill_of(connection, account_id, fill_id)

        return await self._database.read(tenant, query)

    async def keep(
        self, made: Reconciliation, *, request: RequestKey | None = None
    ) -> Reconciliation:
        def transaction(connection: Connection) -> Reconciliation:
            if request and (answer := kept_answer(connection, request)) is not None:
                return _of(answer)
            kept = _carry_on(connection, made) or _add(connection, made)
            if request:
                keep_answer(connection, request, pack(kept), ts=self._clock.now())
            return kept

        return await self._database.write(made.tenant, transaction)

    async def answered(self, request: RequestKey) -> Reconciliation | None:
        answer = await self._database.read(
            request.tenant, lambda connection: kept_answer(connection, request)
        )
        return None if answer is None else _of(answer)

    async def get(self, tenant: str, account_id: str, reconciliation_id: str) -> Reconciliation:
        question = select(reconciliations.c.body).where(
            reconciliations.c.account_id == account_id,
            reconciliations.c.reconciliation_id == reconciliation_id,
        )
        body = await self._body(tenant, account_id, question)
        if body is None:
            raise NotFound(
                f"no reconciliation {reconciliation_id}",
                reason="RECONCILIATION_NOT_FOUND",
                reconciliation_id=reconciliation_id,
            )
        return _of(body)

    async def page(
        self, tenant: str, account_id: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, Reconciliation]]:
        question = select(reconciliations.c.seq, reconciliations.c.body).where(
            reconciliations.c.account_id == account_id
        )
        rows = await self._rows(tenant, account_id, question, reconciliations, before, limit)
        return [(row.seq, _of(row.body)) for row in rows]

    async def get_break(self, tenant: str, account_id: str, break_id: str) -> Break:
        question = select(breaks.c.body).where(
            breaks.c.account_id == account_id, breaks.c.break_id == break_id
        )
        body = await self._body(tenant, account_id, question)
        if body is None:
            raise NotFound(f"no break {break_id}", reason="BREAK_NOT_FOUND", break_id=break_id)
        return break_of(body)

    async def breaks(
        self, tenant: str, account_id: str, *, open_only: bool, before: int, limit: int
    ) -> Sequence[tuple[int, Break]]:
        question = select(breaks.c.seq, breaks.c.body).where(breaks.c.account_id == account_id)
        if open_only:
            question = question.where(breaks.c.is_open == 1)
        rows = await self._rows(tenant, account_id, question, breaks, before, limit)
        return [(row.seq, break_of(row.body)) for row in rows]

    async def _body(self, tenant: str, account_id: str, question: Select[Any]) -> bytes | None:
        def query(connection: Connection) -> bytes | None:
            account_row(connection, tenant, account_id)
            body: bytes | None = connection.scalar(question)
            return body

        return await self._database.read(tenant, query)

    async def _rows(
        self,
        tenant: str,
        account_id: str,
        question: Select[Any],
        table: Any,
        before: int,
        limit: int,
    ) -> Sequence[Any]:
        if before:
            question = question.where(table.c.seq < before)
        question = question.order_by(table.c.seq.desc()).limit(limit)

        def query(connection: Connection) -> Sequence[Any]:
            account_row(connection, tenant, account_id)
            return connection.execute(question).all()

        return await self._database.read(tenant, query)


def _carry_on(connection: Connection, made: Reconciliation) -> Reconciliation | None:
    last = connection.execute(
        select(reconciliations.c.seq, reconciliations.c.body)
        .where(reconciliations.c.account_id == made.account_id)
        .order_by(reconciliations.c.seq.desc())
        .limit(1)
    ).first()
    carried = None if last is None else extended(_of(last.body), made)
    if last is not None and carried is not None:
        connection.execute(
            update(reconciliations)
            .where(reconciliations.c.seq == last.seq)
            .values(body=pack(carried))
        )
    return carried


def _add(connection: Connection, made: Reconciliation) -> Reconciliation:
    connection.execute(
        insert(reconciliations).values(
            reconciliation_id=made.reconciliation_id,
            tenant=made.tenant,
            account_id=made.account_id,
            body=pack(made),
        )
    )
    return made

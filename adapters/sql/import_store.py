"""Imports in a table, with the outbox row of every change, and what was found in two others."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select, tuple_, update

from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.market_data import import_findings, import_refused_rows, imports
from domain.market_data.imports import Import, ImportState, RefusedRow, import_not_found
from domain.market_data.quality.finding import Finding, FindingKind
from ports.clock import Clock
from ports.event_bus import Event
from ports.import_store import ImportStore
from ports.ownership import HOUSE
from ports.request_log import RequestKey

UNFINISHED = (ImportState.UPLOADING.value, ImportState.RUNNING.value)
_FINDING = tuple(Finding.__struct_fields__)
_REFUSED = tuple(RefusedRow.__struct_fields__)


class SqlImportStore(ImportStore):
    """Keeps each import whole, as JSON."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, new: Import, request: RequestKey) -> Import:
        now = self._clock.now()

        def transaction(connection: Connection) -> Import:
            answer = kept_answer(connection, request)
            if answer is not None:
                return _decode(answer)
            connection.execute(
                insert(imports).values(
                    tenant=new.tenant,
                    import_id=new.import_id,
                    create_ts=new.create_ts,
                    **_changing(new),
                )
            )
            _tell(connection, new, request, now)
            return new

        return await self._database.write(new.tenant, transaction)

    async def change(
        self,
        tenant: str,
        import_id: str,
        change: Callable[[Import], Import],
        *,
        request: RequestKey | None = None,
        refused: Sequence[RefusedRow] = (),
        findings: Sequence[Finding] = (),
    ) -> Import:
        now = self._clock.now()

        def transaction(connection: Connection) -> Import:
            answer = None if request is None else kept_answer(connection, request)
            if answer is not None:
                return _decode(answer)
            before = _get(connection, tenant, import_id, take=True)
            after = change(before)
            if not before.ended:
                _add(connection, import_refused_rows, import_id, refused)
                _add(connection, import_findings, import_id, findings)
            if after != before:
                _save(connection, after)
                _tell(connection, after, request, now)
            elif request is not None:
                keep_answer(connection, request, msgspec.json.encode(after), ts=now)
            return after

        return await self._database.write(tenant, transaction)

    async def begin(self, tenant: str, import_id: str) -> Import:
        now = self._clock.now()

        def transaction(connection: Connection) -> Import:
            before = _get(connection, tenant, import_id, take=True)
            for table in (import_refused_rows, import_findings):
                connection.execute(delete(table).where(table.c.import_id == import_id))
            after = before.begin()
            if after != before:
                _save(connection, after)
                _tell(connection, after, None, now)
            return after

        return await self._database.write(tenant, transaction)

    async def answered(self, request: RequestKey) -> Import | None:
        answer = await self._database.read(request.tenant, lambda db: kept_answer(db, request))
        return None if answer is None else _decode(answer)

    async def get(self, tenant: str, import_id: str) -> Import:
        return await self._database.read(tenant, lambda db: _get(db, tenant, import_id))

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[Import]:
        query = select(imports.c.body).where(imports.c.tenant == tenant)
        if after:
            place = select(imports.c.seq).where(imports.c.import_id == after).scalar_subquery()
            query = query.where(imports.c.seq < place)
        return await self._select(tenant, query.order_by(imports.c.seq.desc()).limit(limit))

    async def unfinished(self) -> Sequence[Import]:
        query = select(imports.c.body).where(imports.c.state.in_(UNFINISHED))
        return await self._select(HOUSE, query.order_by(imports.c.seq))

    async def refused_rows(
        self, tenant: str, import_id: str, *, after: int, limit: int
    ) -> Sequence[RefusedRow]:
        table = import_refused_rows.c
        query = (
            select(*(table[name] for name in _REFUSED))
            .where(table.import_id == import_id, table.line > after)
            .order_by(table.line)
            .limit(limit)
        )
        return [RefusedRow(*row) for row in await self._found(tenant, import_id, query)]

    async def findings(
        self, tenant: str, import_id: str, *, after: str, limit: int
    ) -> Sequence[tuple[str, Finding]]:
        table = import_findings.c
        query = select(table.seq, *(table[name] for name in _FINDING))
        query = query.where(table.import_id == import_id)
        if after:
            place = tuple(map(int, after.split(" ")))
            query = query.where(tuple_(table.start_ts, table.seq) > place)
        query = query.order_by(table.start_ts, table.seq).limit(limit)
        rows = await self._found(tenant, import_id, query)
        found = [(row[0], Finding(FindingKind(row[1]), *row[2:])) for row in rows]
        return [(f"{one.start_ts} {seq}", one) for seq, one in found]

    async def _found(self, tenant: str, import_id: str, query: Any) -> Sequence[Any]:
        def ask(connection: Connection) -> Sequence[Any]:
            _get(connection, tenant, import_id)
            return connection.execute(query).all()

        return await self._database.read(tenant, ask)

    async def _select(self, tenant: str, query: Any) -> list[Import]:
        texts = await self._database.read(tenant, lambda db: db.scalars(query).all())
        return [_decode(text) for text in texts]


def _get(connection: Connection, tenant: str, import_id: str, *, take: bool = False) -> Import:
    question = select(imports.c.body).where(
        imports.c.tenant == tenant, imports.c.import_id == import_id
    )
    if take:  # nobody else changes it until this transaction ends
        question = question.with_for_update()
    body = connection.scalar(question)
    if body is None:
        raise import_not_found(import_id)
    return _decode(body)


def _save(connection: Connection, one: Import) -> None:
    connection.execute(
        update(imports).where(imports.c.import_id == one.import_id).values(**_changing(one))
    )


def _add(
    connection: Connection, table: Table, import_id: str, rows: Sequence[RefusedRow | Finding]
) -> None:
    if rows:
        values = [{"import_id": import_id, **msgspec.structs.asdict(row)} for row in rows]
        connection.execute(insert(table), values)


def _changing(one: Import) -> dict[str, str]:
    return {"state": one.state.value, "body": msgspec.json.encode(one).decode()}


def _tell(connection: Connection, one: Import, request: RequestKey | None, ts: int) -> None:
    event = Event(
        seq=0,
        tenant=one.tenant,
        topic="imports",
        key=one.import_id,
        kind="import",
        payload=msgspec.msgpack.encode(one),
        create_ts=ts,
    )
    append_events(connection, [event])
    if request is not None:
        keep_answer(connection, request, msgspec.json.encode(one), ts=ts)


def _decode(text: str | bytes) -> Import:
    return msgspec.json.decode(text, type=Import)

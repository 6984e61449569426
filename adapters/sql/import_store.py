"""Imports in a table, with the outbox row of every change."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.market_data import imports
from domain.market_data.imports import Import, ImportState, import_not_found
from ports.clock import Clock
from ports.event_bus import Event
from ports.import_store import ImportStore
from ports.request_log import RequestKey

UNFINISHED = (ImportState.UPLOADING.value, ImportState.RUNNING.value)


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

        return await self._database.write(transaction)

    async def save(self, changed: Import, request: RequestKey | None = None) -> None:
        now = self._clock.now()

        def transaction(connection: Connection) -> None:
            connection.execute(
                update(imports)
                .where(imports.c.import_id == changed.import_id)
                .values(**_changing(changed))
            )
            _tell(connection, changed, request, now)

        await self._database.write(transaction)

    async def answered(self, request: RequestKey) -> Import | None:
        answer = await self._database.read(lambda db: kept_answer(db, request))
        return None if answer is None else _decode(answer)

    async def get(self, tenant: str, import_id: str) -> Import:
        found = await self._select(
            select(imports.c.body).where(
                imports.c.tenant == tenant, imports.c.import_id == import_id
            )
        )
        if not found:
            raise import_not_found(import_id)
        return found[0]

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[Import]:
        query = select(imports.c.body).where(imports.c.tenant == tenant)
        if after:
            place = select(imports.c.seq).where(imports.c.import_id == after).scalar_subquery()
            query = query.where(imports.c.seq < place)
        return await self._select(query.order_by(imports.c.seq.desc()).limit(limit))

    async def unfinished(self) -> Sequence[Import]:
        query = select(imports.c.body).where(imports.c.state.in_(UNFINISHED))
        return await self._select(query.order_by(imports.c.seq))

    async def _select(self, query: Any) -> list[Import]:
        texts = await self._database.read(lambda db: db.scalars(query).all())
        return [_decode(text) for text in texts]


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

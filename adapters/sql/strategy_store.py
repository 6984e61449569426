"""The strategy library on SQL."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from adapters.sql.database import Database
from adapters.sql.locks import hold
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.strategies import archived_strategies as put_away
from adapters.sql.tables.strategies import runs
from adapters.sql.tables.strategies import strategy_versions as table
from domain.errors import NotAllowedNow, NotFound, invalid
from domain.strategies.library import HASH, Listed, Setting, StrategyVersion
from domain.strategies.run import Run
from ports.ownership import HOUSE
from ports.request_log import RequestKey
from ports.strategy_store import StrategyStore

_SETTINGS = msgspec.msgpack.Decoder(tuple[Setting, ...])
_VERSION = msgspec.msgpack.Decoder(StrategyVersion)
_LISTED = msgspec.msgpack.Decoder(Listed)
_RUN = msgspec.msgpack.Decoder(Run)


class SqlStrategyStore(StrategyStore):
    """The newest version of a strategy is the one whose `place` is highest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answered(self, request: RequestKey) -> StrategyVersion | None:
        answer = await self._database.read(
            request.tenant, lambda connection: kept_answer(connection, request)
        )
        return None if answer is None else _VERSION.decode(answer)

    async def push(
        self, version: StrategyVersion, *, request: RequestKey | None = None
    ) -> StrategyVersion:
        def transaction(connection: Connection) -> StrategyVersion:
            if request and (answer := kept_answer(connection, request)):
                return _VERSION.decode(answer)
            hold(connection, "strategy", version.tenant, version.strategy_id)
            kept = _put(connection, version)
            connection.execute(delete(put_away).where(*_put_away(version)))
            if request:
                answer = msgspec.msgpack.encode(kept)
                keep_answer(connection, request, answer, ts=version.create_ts)
            return kept

        return await self._database.write(version.tenant, transaction)

    async def latest(self, tenant: str, strategy_id: str) -> StrategyVersion:
        question = (
            select(table)
            .where(_of(tenant), table.c.strategy_id == strategy_id)
            .order_by(table.c.place.desc())
            .limit(1)
        )
        row = await self._database.read(
            tenant, lambda connection: connection.execute(question).first()
        )
        if row is None:
            raise strategy_not_found(strategy_id)
        return _version(row)

    async def version(self, tenant: str, strategy_id: str, version_id: str) -> StrategyVersion:
        question = select(table).where(
            _of(tenant), table.c.strategy_id == strategy_id, table.c.version_id == version_id
        )
        row = await self._database.read(
            tenant, lambda connection: connection.execute(question).first()
        )
        if row is not None:
            return _version(row)
        await self.latest(tenant, strategy_id)
        raise _no_version(strategy_id, version_id)

    async def version_like(self, tenant: str, strategy_id: str, prefix: str) -> StrategyVersion:
        whole = prefix if prefix.startswith(HASH) else HASH + prefix
        question = (
            select(table)
            .where(_of(tenant), table.c.strategy_id == strategy_id)
            .where(table.c.version_id.startswith(whole, autoescape=True))
            .limit(2)
        )
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        if len(rows) == 1:
            return _version(rows[0])
        await self.latest(tenant, strategy_id)
        if not rows:
            raise _no_version(strategy_id, prefix)
        raise invalid(
            "version_id", "begins several versions; give more of it", reason="VERSION_AMBIGUOUS"
        )

    async def get(self, tenant: str, strategy_id: str) -> Listed:
        latest = await self.latest(tenant, strategy_id)
        question = select(put_away.c.archive_ts).where(*_put_away(latest))
        found = await self._database.read(tenant, lambda connection: connection.scalar(question))
        return Listed(latest, found is not None)

    async def archive(
        self,
        tenant: str,
        strategy_id: str,
        ts: int,
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> Listed:
        if rehearse:
            request = None

        def transaction(connection: Connection) -> Listed:
            if request and (answer := kept_answer(connection, request)):
                return _LISTED.decode(answer)
            hold(connection, "strategy", tenant, strategy_id)
            mine = and_(table.c.tenant == tenant, table.c.strategy_id == strategy_id)
            newest = select(table).where(mine).order_by(table.c.place.desc()).limit(1)
            row = connection.execute(newest).first()
            if row is None:
                raise strategy_not_found(strategy_id)
            _refuse_at_work(connection, tenant, strategy_id)
            latest = _version(row)
            connection.execute(delete(put_away).where(*_put_away(latest)))
            kept = {"tenant": tenant, "strategy_id": strategy_id, "archive_ts": ts}
            connection.execute(insert(put_away).values(**kept))
            listed = Listed(latest, archived=True)
            if request:
                keep_answer(connection, request, msgspec.msgpack.encode(listed), ts=ts)
            return listed

        if rehearse:
            return await self._database.rehearse(tenant, transaction)
        return await self._database.write(tenant, transaction)

    async def page(
        self, tenant: str, *, after: str, limit: int, show_archived: bool = False
    ) -> Sequence[Listed]:
        is_put_away = exists().where(
            put_away.c.tenant == table.c.tenant, put_away.c.strategy_id == table.c.strategy_id
        )
        listed = _of(tenant) if show_archived else and_(_of(tenant), ~is_put_away)
        newest = (
            select(table.c.tenant, table.c.strategy_id, func.max(table.c.place).label("place"))
            .where(listed, table.c.strategy_id > after)
            .group_by(table.c.tenant, table.c.strategy_id)
            .order_by(table.c.strategy_id)
            .limit(limit)
            .subquery()
        )
        question = (
            select(table, is_put_away.label("archived"))
            .join(
                newest,
                and_(
                    table.c.tenant == newest.c.tenant,
                    table.c.strategy_id == newest.c.strategy_id,
                    table.c.place == newest.c.place,
                ),
            )
            .order_by(table.c.strategy_id)
        )
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        return [Listed(_version(row), bool(row.archived)) for row in rows]

    async def versions(
        self, tenant: str, strategy_id: str, *, after: str, limit: int
    ) -> Sequence[StrategyVersion]:
        question = (
            select(table)
            .where(_of(tenant), table.c.strategy_id == strategy_id)
            .order_by(table.c.place.desc())
            .limit(limit)
        )
        if after:
            last = await self.version(tenant, strategy_id, after)
            place = select(table.c.place).where(
                table.c.tenant == last.tenant,
                table.c.strategy_id == strategy_id,
                table.c.version_id == after,
            )
            question = question.where(table.c.place < place.scalar_subquery())
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        if not rows and not after:
            raise strategy_not_found(strategy_id)
        return [_version(row) for row in rows]


def strategy_not_found(strategy_id: str) -> NotFound:
    return NotFound(
        f"no strategy {strategy_id}", reason="STRATEGY_NOT_FOUND", strategy_id=strategy_id
    )


def _no_version(strategy_id: str, version_id: str) -> NotFound:
    return NotFound(
        f"strategy {strategy_id} has no version {version_id}",
        reason="VERSION_NOT_FOUND",
        strategy_id=strategy_id,
        version_id=version_id,
    )


def _put_away(version: StrategyVersion) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return put_away.c.tenant == version.tenant, put_away.c.strategy_id == version.strategy_id


def _refuse_at_work(connection: Connection, tenant: str, strategy_id: str) -> None:
    question = select(runs.c.body).where(runs.c.tenant == tenant, runs.c.active)
    for row in connection.execute(question):
        run = _RUN.decode(row.body)
        if run.strategy_id == strategy_id:
            raise NotAllowedNow(
                f"run {run.run_id} of strategy {strategy_id} has not ended",
                reason="STRATEGY_AT_WORK",
                strategy_id=strategy_id,
                run_id=run.run_id,
            )


def _of(tenant: str) -> Any:
    return or_(table.c.tenant == tenant, table.c.tenant == HOUSE)


def _put(connection: Connection, version: StrategyVersion) -> StrategyVersion:
    mine = and_(table.c.tenant == version.tenant, table.c.strategy_id == version.strategy_id)
    same = and_(mine, table.c.version_id == version.version_id)
    newest = connection.scalar(select(func.coalesce(func.max(table.c.place), 0)).where(mine)) or 0
    kept = connection.execute(select(table).where(same)).first()
    if kept is None:
        connection.execute(insert(table).values(**_values(version), place=newest + 1))
        return version
    if kept.place < newest:
        connection.execute(update(table).where(same).values(place=newest + 1))
    return _version(kept)


def _values(version: StrategyVersion) -> dict[str, object]:
    values = msgspec.structs.asdict(version)
    values["settings"] = msgspec.msgpack.encode(version.settings)
    return values


def _version(row: Row[Any]) -> StrategyVersion:
    return StrategyVersion(
        tenant=row.tenant,
        strategy_id=row.strategy_id,
        version_id=row.version_id,
        class_name=row.class_name,
        summary=row.summary,
        settings=_SETTINGS.decode(row.settings),
        source=row.source,
        create_ts=row.create_ts,
    )

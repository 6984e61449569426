"""Instruments and corporate actions in tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select

from adapters.sql.database import Database
from adapters.sql.locks import hold
from adapters.sql.tables.market_data import corporate_actions, instruments
from domain.instruments import Instrument, Instruments
from domain.market_data.corporate_actions import CorporateAction, Dividend, Split
from ports.instrument_store import InstrumentStore
from ports.ownership import HOUSE


class SqlInstrumentStore(InstrumentStore):
    """Keeps each instrument whole, as JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> Instrument:
        found = await self._select(
            select(instruments.c.definition).where(
                or_(instruments.c.instrument_id == name, instruments.c.symbol == name)
            )
        )
        return Instruments(found).resolve(name)

    async def page(self, *, after: str, limit: int) -> Sequence[Instrument]:
        return await self._select(
            select(instruments.c.definition)
            .where(instruments.c.instrument_id > after)
            .order_by(instruments.c.instrument_id)
            .limit(limit)
        )

    async def all(self) -> Mapping[str, Instrument]:
        return Instruments(
            await self._select(
                select(instruments.c.definition).order_by(instruments.c.instrument_id)
            )
        )

    async def save(
        self, instrument: Instrument, corporate_actions: Sequence[CorporateAction] = ()
    ) -> None:
        await self._database.write(HOUSE, lambda db: _replace(db, instrument, corporate_actions))

    async def corporate_actions(self, instrument_id: str) -> Sequence[CorporateAction]:
        table = corporate_actions
        query = (
            select(table.c.kind, table.c.ex_date, table.c.value)
            .where(table.c.instrument_id == instrument_id)
            .order_by(table.c.ex_date, table.c.kind)
        )
        rows = await self._database.read(HOUSE, lambda db: db.execute(query).all())
        return [_action(row) for row in rows]

    async def _select(self, query: Any) -> Sequence[Instrument]:
        texts = await self._database.read(HOUSE, lambda db: db.scalars(query).all())
        return [msgspec.json.decode(text, type=Instrument) for text in texts]


def _replace(
    connection: Connection, instrument: Instrument, actions: Sequence[CorporateAction]
) -> None:
    same = instrument.instrument_id
    hold(connection, "instrument", same)
    connection.execute(delete(corporate_actions).where(corporate_actions.c.instrument_id == same))
    connection.execute(delete(instruments).where(instruments.c.instrument_id == same))
    connection.execute(
        insert(instruments).values(
            instrument_id=same,
            symbol=instrument.symbol,
            definition=msgspec.json.encode(instrument).decode(),
        )
    )
    rows = [{"instrument_id": same, **_row(action)} for action in actions]
    if rows:
        connection.execute(insert(corporate_actions), rows)


def _row(action: CorporateAction) -> dict[str, str]:
    kind, value = (
        ("split", action.ratio) if isinstance(action, Split) else ("dividend", action.amount)
    )
    return {"kind": kind, "ex_date": action.ex_date.isoformat(), "value": str(value)}


def _action(row: Row[Any]) -> CorporateAction:
    ex_date, value = date.fromisoformat(row.ex_date), Decimal(row.value)
    return Split(ex_date, value) if row.kind == "split" else Dividend(ex_date, value)

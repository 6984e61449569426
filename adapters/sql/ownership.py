"""Whose an object is, from the tables of all nouns."""

from sqlalchemy import Column, exists, select

from adapters.sql.database import Database
from adapters.sql.tables.backtests import backtests
from adapters.sql.tables.exports import exports
from adapters.sql.tables.kill_switches import kill_switches
from adapters.sql.tables.market_data import imports
from adapters.sql.tables.orders import accounts
from adapters.sql.tables.strategies import runs, strategy_versions
from ports.ownership import HOUSE, OwnedKind, Ownership

IDS: dict[OwnedKind, Column[str]] = {
    OwnedKind.ACCOUNT: accounts.c.account_id,
    OwnedKind.RUN: runs.c.run_id,
    OwnedKind.BACKTEST: backtests.c.backtest_id,
    OwnedKind.IMPORT: imports.c.import_id,
    OwnedKind.STRATEGY: strategy_versions.c.strategy_id,
    OwnedKind.EXPORT: exports.c.export_id,
    OwnedKind.KILL_SWITCH: kill_switches.c.kill_switch_id,
}


class SqlOwnership(Ownership):
    """Asks each time: an object that was made a moment ago is there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def belongs(self, tenant: str, kind: OwnedKind, object_id: str) -> bool:
        key = IDS[kind]
        owner = key.table.c.tenant
        question = select(exists().where(key == object_id, owner.in_((tenant, HOUSE))))
        return bool(
            await self._database.read(tenant, lambda connection: connection.scalar(question))
        )

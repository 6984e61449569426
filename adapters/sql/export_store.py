"""Exports on SQL."""

from collections.abc import Sequence

from sqlalchemy import select

from adapters.sql.database import Database
from adapters.sql.jobs import SqlJobs
from adapters.sql.tables.exports import exports
from domain.exports.export import Export
from ports.clock import Clock
from ports.export_store import ExportStore
from ports.ownership import HOUSE


class SqlExportStore(SqlJobs[Export], ExportStore):
    """An export is a job with a day until its file goes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock, exports, Export, "export")

    async def kept(self) -> Sequence[Export]:
        return await self.ask(
            HOUSE, select(exports.c.body).where(exports.c.expire_ts > 0).order_by(exports.c.seq)
        )

    def _values(self, job: Export) -> dict[str, object]:
        return super()._values(job) | {"expire_ts": job.expire_ts}

"""Writes the files of exports, and throws them away when their day is over."""

import asyncio

import structlog

from apps.exports.sources.source import Source
from domain.errors import DomainError, Unavailable
from domain.exports.export import Export
from ports.clock import Clock
from ports.export_files import ExportFiles
from ports.export_store import ExportStore

AT_ONCE = 2
TELL_EVERY = 250_000_000  # nanoseconds between two reports of progress

log = structlog.get_logger("exports")


class RunExports:
    """One task an export. What has not ended when we leave starts anew at the next start."""

    def __init__(
        self, exports: ExportStore, source: Source, files: ExportFiles, clock: Clock
    ) -> None:
        self._exports = exports
        self._source = source
        self._files = files
        self._clock = clock
        self._free = asyncio.Semaphore(AT_ONCE)
        self._at_work: dict[str, asyncio.Task[None]] = {}

    def start(self, export: Export) -> None:
        """Writes it when its turn comes. Harmless twice."""
        name = export.export_id
        if name in self._at_work or not export.is_active:
            return
        task = asyncio.create_task(self._run(export), name=name)
        self._at_work[name] = task
        task.add_done_callback(lambda _: self._at_work.pop(name, None))

    async def resume(self) -> None:
        """At start: what has not ended begins anew, files that nobody can ask for go."""
        await self.expire()
        kept = {export.export_id for export in await self._exports.kept()}
        await self._files.keep_only(kept)
        for export in await self._exports.to_do():
            self.start(export)

    async def expire(self) -> None:
        """Throws away the files whose day is over."""
        now = self._clock.now()
        for export in await self._exports.kept():
            if export.expire_ts <= now:
                await self._exports.change(
                    export.tenant, export.export_id, lambda one: one.expired()
                )
                await self._files.remove(export.export_id)

    async def stop(self, export_id: str) -> None:
        """Ends the writing; returns when nothing of it is left."""
        if task := self._at_work.get(export_id):
            task.cancel()
            await asyncio.wait([task])
        await self._files.remove(export_id)

    async def drain(self) -> None:
        """Ends every writing; each starts anew at the next start."""
        tasks = list(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(self, export_id: str) -> None:
        """Returns when the export is no longer at work here."""
        if task := self._at_work.get(export_id):
            await asyncio.wait([task])

    async def _run(self, export: Export) -> None:
        try:
            async with self._free:
                await self._write(export)
        except Unavailable:
            log.exception("export_failed", export_id=export.export_id)
            await self._fail(export, "STORE_UNAVAILABLE", "the disk refuses the file")
        except DomainError as error:
            await self._fail(export, error.reason, error.message)
        except Exception:  # a fault of ours ends this export and leaves the others alone
            log.exception("export_fell_over", export_id=export.export_id)
            await self._fail(export, "INTERNAL_ERROR", "the platform failed; see its log")

    async def _write(self, export: Export) -> None:
        rows = await self._source.rows(export.tenant, export.content)
        written, told = 0, self._clock.now()

        async def tell(count: int) -> None:
            nonlocal written, told
            written, now = count, self._clock.now()
            if now - told >= TELL_EVERY:
                told = now
                await self._exports.change(
                    export.tenant, export.export_id, lambda one: one.advanced(count)
                )

        size = await self._files.write(
            export.export_id, export.format, rows.columns, rows.pieces(), tell
        )
        ts = self._clock.now()
        await self._exports.change(
            export.tenant,
            export.export_id,
            lambda one: one.succeeded(ts, row_count=written, size_bytes=size),
        )

    async def _fail(self, export: Export, reason: str, message: str) -> None:
        ts = self._clock.now()
        await self._exports.change(
            export.tenant, export.export_id, lambda one: one.failed(ts, reason, message)
        )
        await self._files.remove(export.export_id)

"""Has the rows of imports read, checked and kept: every good row of a file or none."""

import asyncio
from weakref import WeakValueDictionary

import structlog

from domain.errors import DomainError, NotFound, Unavailable
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.imports import Content, Import, ImportState
from domain.market_data.new_instruments import new_instrument
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns
from ports.bar_store import BarStore
from ports.clock import Clock
from ports.import_spool import ImportSpool
from ports.import_store import ImportStore
from ports.import_worker import (
    ImportJob,
    ImportQueue,
    ReadingOutcome,
    ReadingProgress,
    StagedRows,
)
from ports.instrument_store import InstrumentStore
from ports.quality_store import QualityStore
from ports.tick_store import TickStore

SOURCE, SYNTHETIC = "import", "SYNTHETIC"
UPLOAD_LIFE = 24 * 3600 * 1_000_000_000  # nanoseconds for all chunks of a file to arrive
log = structlog.get_logger("imports")


class RunImports:
    """One task an import. What has not ended when we leave is read again at the next start.

    Of two imports into one series the one that was complete first is kept first.
    """

    def __init__(
        self,
        imports: ImportStore,
        instruments: InstrumentStore,
        bars: BarStore,
        ticks: TickStore,
        quality: QualityStore,
        spool: ImportSpool,
        staged: StagedRows,
        queue: ImportQueue,
        clock: Clock,
    ) -> None:
        self._imports = imports
        self._instruments = instruments
        self._bars = bars
        self._ticks = ticks
        self._quality = quality
        self._spool = spool
        self._staged = staged
        self._queue = queue
        self._clock = clock
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._series: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._leaving = False

    async def recover(self) -> None:
        """Takes up what the last process left. Before anything is served."""
        left = await self._imports.unfinished()
        unfinished = [one for one in left if not await self._expired(one)]
        await self._spool.keep_only([one.import_id for one in unfinished])
        for one in unfinished:
            self.start(one)

    async def _expired(self, one: Import) -> bool:
        """Whether nobody completed the upload in time; then it has failed."""
        now = self._clock.now()
        if one.state is not ImportState.UPLOADING or now - one.create_ts < UPLOAD_LIFE:
            return False
        why = "the file was not complete within a day"
        await self._fail(one, "UPLOAD_ABANDONED", why)
        return True

    def start(self, one: Import) -> None:
        """Its rows are here, or can be made: read them when its turn comes. Harmless twice."""
        name = one.import_id
        if self._leaving or name in self._at_work or one.state is not ImportState.RUNNING:
            return
        task = asyncio.create_task(self._run(one), name=name)
        self._at_work[name] = task
        task.add_done_callback(lambda _: self._at_work.pop(name, None))

    async def stop(self, import_id: str) -> None:
        """Ends its worker, if it has one, and throws its file away; returns when it is gone."""
        if task := self._at_work.get(import_id):
            task.cancel()
            await asyncio.wait([task])
        await self._spool.remove(import_id)

    async def wait(self, import_id: str) -> None:
        """Returns when the import is no longer at work here."""
        if task := self._at_work.get(import_id):
            await asyncio.wait([task])

    async def drain(self) -> None:
        """Ends every worker. Their imports stay as they are and are read at the next start."""
        self._leaving = True
        tasks = list(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, one: Import) -> None:
        series = f"{one.instrument_id} {one.content} {one.timeframe}"
        async with self._series.setdefault(series, asyncio.Lock()):
            try:
                await self._read(one)
            except Unavailable as trouble:
                # The store takes nothing now, not even that it failed: the next start reads it.
                log.warning("import_postponed", import_id=one.import_id, reason=trouble.reason)
                return
            except DomainError as refusal:
                await self._fail(one, refusal.reason, refusal.message)
            except Exception:  # a fault of ours ends this import and leaves the others alone
                log.exception("import_fell_over", import_id=one.import_id)
                await self._fail(one, "INTERNAL_ERROR", "the platform failed; see its log")
            await self._spool.remove(one.import_id)

    async def _read(self, one: Import) -> None:
        place = await self._spool.prepare(one.import_id, one.received_bytes)
        instrument, is_known = await self._instrument(one)
        begun = await self._imports.begin(one.tenant, one.import_id)
        actions = await self._instruments.corporate_actions(one.instrument_id) if is_known else ()
        now = self._clock.now()
        job = ImportJob(begun, instrument, tuple(actions), place.file, place.folder, now)

        async def tell(progress: ReadingProgress) -> None:
            await self._imports.change(
                one.tenant,
                one.import_id,
                lambda now: now.read(progress.rows, progress.total_rows, progress.refused),
                refused=progress.refused,
                findings=progress.findings,
            )

        outcome = await self._queue.run(job, tell)
        read = await self._finished(one, outcome)
        if read.ended or read.state is ImportState.FAILED:
            return
        if one.synthetic is not None:
            actions = outcome.actions
        if not is_known or one.synthetic is not None:
            await self._instruments.save(instrument, actions)
        # From here on it only succeeds: a cancel comes too late, and so does our end.
        await self._keep(read, place.folder)
        await self._looked(read)
        ts = self._clock.now()
        await self._imports.change(
            one.tenant, one.import_id, lambda now: now.succeed(ts, kept=outcome.kept_rows)
        )

    async def _instrument(self, one: Import) -> tuple[Instrument, bool]:
        try:
            return await self._instruments.get(one.instrument_id), True
        except NotFound:
            new = new_instrument(one.instrument_id)
            if new is None:
                raise
            return new, False

    async def _finished(self, one: Import, outcome: ReadingOutcome) -> Import:
        """The import with its report: about to be kept, or failed."""
        ts = self._clock.now()

        def report(now: Import) -> Import:
            if now.ended:
                return now
            read = now.finish_reading(
                rows=outcome.rows,
                refused=outcome.refused_rows,
                duplicates=outcome.duplicate_rows,
                quality=outcome.quality,
            )
            if outcome.file_reason:
                reason, message = outcome.file_reason, outcome.file_message
                return read.fail(ts, reason, message, outcome.file_column)
            if outcome.refused_rows and not (now.skip_refused_rows and outcome.kept_rows):
                return read.refuse(ts)
            return read.keep()

        return await self._imports.change(one.tenant, one.import_id, report)

    async def _keep(self, one: Import, folder: str) -> None:
        name, source = one.instrument_id, SOURCE if one.synthetic is None else SYNTHETIC
        if one.content is Content.BARS:
            bars = self._staged.read(folder, BarColumns)
            await self._bars.append_pieces(name, one.timeframe, bars, source=source)
        elif one.content is Content.QUOTES:
            quotes = self._staged.read(folder, QuoteColumns)
            await self._ticks.append(name, QuoteColumns, quotes, source=source)
        else:
            trades = self._staged.read(folder, TradeColumns)
            await self._ticks.append(name, TradeColumns, trades, source=source)

    async def _looked(self, one: Import) -> None:
        """What was found goes into the catalogue where the series is this import and no more."""
        if one.content is not Content.BARS:
            return
        name = (one.instrument_id, one.timeframe)
        [series] = [
            series
            for series in await self._bars.series()
            if (series.instrument_id, series.timeframe) == name
        ]
        good = one.read_rows - one.refused_row_count - one.duplicate_row_count
        await self._quality.keep(*name, one.quality if series.bar_count == good else None)

    async def _fail(self, one: Import, reason: str, message: str) -> None:
        ts = self._clock.now()
        await self._imports.change(
            one.tenant, one.import_id, lambda now: now.fail(ts, reason, message)
        )

"""Reads the files that are complete, one after the other: every bar of a file is kept or none."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import structlog

from domain.errors import DomainError, NotFound, Unavailable
from domain.market_data.csv_bars import CsvBars
from domain.market_data.imports import Import, ImportState
from domain.market_data.new_instruments import new_instrument
from ports.bar_store import BarStore
from ports.clock import Clock
from ports.import_spool import ImportSpool
from ports.import_store import ImportStore
from ports.instrument_store import InstrumentStore

SOURCE = "import"
UPLOAD_LIFE = 24 * 3600 * 1_000_000_000  # nanoseconds for all chunks of a file to arrive
TELL_EVERY = 250_000_000  # nanoseconds between two reports of progress

log = structlog.get_logger()


class RunImports:
    """A worker. What was RUNNING when the house went down is read again from its first byte."""

    def __init__(
        self,
        imports: ImportStore,
        instruments: InstrumentStore,
        bars: BarStore,
        spool: ImportSpool,
        clock: Clock,
    ) -> None:
        self._imports = imports
        self._instruments = instruments
        self._bars = bars
        self._spool = spool
        self._clock = clock
        self._waiting: asyncio.Queue[Import] = asyncio.Queue()

    async def recover(self) -> None:
        """Takes up what the last process left. Before anything is served."""
        left = await self._imports.unfinished()
        unfinished = [one for one in left if not await self._expired(one)]
        await self._spool.keep_only([one.import_id for one in unfinished])
        for one in unfinished:
            if one.state is ImportState.RUNNING:
                self.start(one)

    async def _expired(self, one: Import) -> bool:
        """Whether nobody completed the upload in time; then it has failed."""
        now = self._clock.now()
        if one.state is not ImportState.UPLOADING or now - one.create_ts < UPLOAD_LIFE:
            return False
        why = "the file was not complete within a day"
        await self._imports.save(one.fail(now, "UPLOAD_ABANDONED", why))
        return True

    def start(self, one: Import) -> None:
        """Its file is complete: read it when its turn comes."""
        self._waiting.put_nowait(one)

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            one = await self._waiting.get()
            try:
                await self._run(one)
            except Unavailable as trouble:
                # The store takes nothing now, not even that it failed: the next start reads it.
                log.warning("import_postponed", import_id=one.import_id, reason=trouble.reason)

    async def _run(self, one: Import) -> None:
        try:
            ended = await self._read(one)
        except DomainError as refusal:
            column = refusal.facts.get("column", "")
            ended = one.fail(self._clock.now(), refusal.reason, refusal.message, column)
        except Exception:  # one broken import must not end the others
            log.exception("import_broke", import_id=one.import_id)
            ended = one.fail(self._clock.now(), "INTERNAL_ERROR", "the file could not be read")
        await self._imports.save(ended)
        await self._spool.remove(one.import_id)

    async def _read(self, one: Import) -> Import:
        known = True
        try:
            instrument = await self._instruments.get(one.instrument_id)
        except NotFound:
            known, new = False, new_instrument(one.instrument_id)
            if new is None:
                raise
            instrument = new
        reader = CsvBars(instrument, one.timeframe, one.time_zone)
        await self._feed(reader, one)
        columns = await asyncio.to_thread(reader.finish)
        rows = reader.read_rows
        if reader.refused_count:
            return one.refuse(
                self._clock.now(),
                rows=rows,
                refused=reader.refused,
                refused_count=reader.refused_count,
            )
        if not known:
            await self._instruments.save(instrument)
        await self._bars.append(one.instrument_id, one.timeframe, columns, source=SOURCE)
        return one.succeed(self._clock.now(), rows=rows, bars=len(columns))

    async def _feed(self, reader: CsvBars, one: Import) -> None:
        told = self._clock.now()
        with closing(self._spool.read(one.import_id, one.received_bytes)) as pieces:
            while await asyncio.to_thread(_feed_next, reader, pieces):
                now = self._clock.now()
                if now - told >= TELL_EVERY:
                    await self._imports.save(one.read(reader.read_rows))
                    told = now


def _feed_next(reader: CsvBars, pieces: Iterator[bytes]) -> bool:
    piece = next(pieces, None)
    if piece is not None:
        reader.feed(piece)
    return piece is not None

"""Bars as Parquet files, listed in the catalogue of the database.

A file is on the disk before its row is in the catalogue, and is never changed: a correction is a
new file, and the newer one counts.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from adapters.parquet import catalogue
from adapters.parquet.catalogue import CataloguedFile, NewFile
from adapters.parquet.column_files import remove_others
from adapters.parquet.files import content_hash, read_open_times, read_snapshot, write_bars
from adapters.sql.database import Database
from domain.errors import invalid
from domain.market_data.columns import BadBar, BarColumns, check_bars
from domain.market_data.timeframe import span_of
from ports.bar_store import Adjustment, BarSeries, BarSnapshot, BarStore
from ports.clock import Clock
from ports.instrument_store import InstrumentStore
from ports.ownership import HOUSE


class ParquetBarStore(BarStore):
    """`folder` holds `<instrument>/<timeframe>/<hash>.parquet`. One object a folder."""

    def __init__(
        self, database: Database, folder: Path, instruments: InstrumentStore, clock: Clock
    ) -> None:
        self._database = database
        self._folder = folder.absolute()
        self._instruments = instruments
        self._clock = clock
        self._appending = asyncio.Lock()

    async def clean(self) -> None:
        """Removes what a crash left without a row. At start, before anything is appended."""
        known = await self._database.read(HOUSE, catalogue.known_paths)
        await asyncio.to_thread(remove_others, self._folder, known)

    async def append(
        self, instrument_id: str, timeframe: str, bars: BarColumns, *, source: str
    ) -> BarSeries:
        return await self.append_pieces(instrument_id, timeframe, [bars], source=source)

    async def append_pieces(
        self, instrument_id: str, timeframe: str, pieces: Iterable[BarColumns], *, source: str
    ) -> BarSeries:
        span_of(timeframe)
        instrument = await self._instruments.get(instrument_id)
        async with self._appending:
            return await self._append(instrument.instrument_id, timeframe, pieces, source)

    async def read(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
        limit: int | None = None,
        adjustment: Adjustment = Adjustment.SPLITS,
    ) -> BarColumns:
        snapshot = await self._snapshot(instrument_id, timeframe, start_ts, end_ts)
        return await asyncio.to_thread(
            read_snapshot,
            snapshot,
            start_ts=start_ts,
            end_ts=end_ts,
            limit=limit,
            adjustment=adjustment,
        )

    async def count(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
    ) -> int:
        snapshot = await self._snapshot(instrument_id, timeframe, start_ts, end_ts)

        def distinct() -> int:
            times = [
                read_open_times(file, start_ts=start_ts, end_ts=end_ts) for file in snapshot.files
            ]
            if len(times) < 2:
                return sum(map(len, times))
            return len(np.unique(np.concatenate(times)))

        return await asyncio.to_thread(distinct)

    async def snapshot(self, instrument_id: str, timeframe: str) -> BarSnapshot:
        return await self._snapshot(instrument_id, timeframe, None, None)

    async def series(self) -> Sequence[BarSeries]:
        return await self._database.read(HOUSE, catalogue.every_series)

    async def _append(
        self, instrument_id: str, timeframe: str, pieces: Iterable[BarColumns], source: str
    ) -> BarSeries:
        kept, files = await self._database.read(
            HOUSE,
            lambda db: (
                catalogue.series_of(db, instrument_id, timeframe),
                catalogue.files_of(db, instrument_id, timeframe),
            ),
        )
        place = self._folder / instrument_id / timeframe
        new = await asyncio.to_thread(_write_all, self._folder, place, files, pieces)
        if kept and not new:
            return kept  # the same bars again, and nothing newer in between
        series = _grown(kept, instrument_id, timeframe, new, source)
        now = self._clock.now()
        await self._database.write(HOUSE, lambda db: catalogue.enter(db, series, new, now))
        return series

    async def _snapshot(
        self, name: str, timeframe: str, start_ts: int | None, end_ts: int | None
    ) -> BarSnapshot:
        span_of(timeframe)
        instrument = await self._instruments.get(name)
        instrument_id = instrument.instrument_id
        actions = await self._instruments.corporate_actions(instrument_id)
        files = await self._database.read(
            HOUSE, lambda db: catalogue.files_of(db, instrument_id, timeframe)
        )
        wanted = [
            str(self._folder / file.path)
            for file in files
            if (start_ts is None or start_ts <= file.last_open_ts)
            and (end_ts is None or file.first_open_ts < end_ts)
        ]
        return BarSnapshot(instrument, tuple(actions), tuple(wanted))


def _write_all(
    folder: Path, place: Path, files: Sequence[CataloguedFile], pieces: Iterable[BarColumns]
) -> list[NewFile]:
    """The files that are new, on the disk. Raises InvalidRequest (NO_BARS) and BadBar."""
    new: list[NewFile] = []
    last = None
    for bars in pieces:
        if not len(bars):
            continue
        check_bars(bars)
        if last is not None and bars.open_ts[0] <= last:
            raise BadBar("a piece begins before the one before ended", reason="UNSORTED_TIME")
        last = bars.open_ts[-1]
        name = content_hash(bars)
        touched = [file for file in files if file.overlaps(bars)]
        if touched and touched[-1].content_hash == name:
            continue
        write_bars(place / f"{name}.parquet", bars)
        known, covered = _already_there([str(folder / file.path) for file in touched], bars)
        replaced = [file.seq for file, whole in zip(touched, covered, strict=True) if whole]
        first = int(bars.open_ts[0])
        new.append(NewFile(name, first, int(last), len(bars), known, tuple(replaced)))
    if last is None:
        raise invalid("bars", "there is none to keep", reason="NO_BARS")
    return new


def _already_there(paths: Sequence[str], bars: BarColumns) -> tuple[int, list[bool]]:
    """How many of the new bars take the place of a kept one, and which files they cover wholly."""
    times = [read_open_times(path) for path in paths]
    known = np.isin(bars.open_ts, np.concatenate(times)) if times else np.zeros(0)
    return int(known.sum()), [bool(np.isin(one, bars.open_ts).all()) for one in times]


def _grown(
    kept: BarSeries | None, instrument_id: str, timeframe: str, new: Sequence[NewFile], source: str
) -> BarSeries:
    first, last = new[0].first_open_ts, new[-1].last_open_ts
    count = sum(file.bar_count - file.known for file in new)
    if kept is None:
        return BarSeries(instrument_id, timeframe, first, last, count, source)
    return BarSeries(
        instrument_id,
        timeframe,
        min(first, kept.first_open_ts),
        max(last, kept.last_open_ts),
        kept.bar_count + count,
        source,
    )

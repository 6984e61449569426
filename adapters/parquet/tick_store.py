"""Quotes and trades as Parquet files, listed in the catalogue of the database.

A file is on the disk before its row is in the catalogue, and is never changed: what takes its
place, or that of a part of it, is a new file.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from adapters.parquet import tick_catalogue as catalogue
from adapters.parquet.column_files import content_hash, fetch, remove_others, write_columns
from adapters.parquet.tick_catalogue import Span
from adapters.sql.database import Database
from domain.errors import invalid
from domain.market_data.tick_columns import TickColumns
from domain.market_data.ticks import BadTick, T, check_ticks, join_ticks
from ports.clock import Clock
from ports.instrument_store import InstrumentStore
from ports.ownership import HOUSE
from ports.tick_store import TickSeries, TickStore

NOUN = "tick"


class ParquetTickStore(TickStore):
    """`folder` holds `<instrument>/<kind>/<hash>.parquet`. One object a folder."""

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
        self, instrument_id: str, columns: type[T], pieces: Iterable[T], *, source: str
    ) -> TickSeries:
        name = (await self._instruments.get(instrument_id)).instrument_id
        place = self._folder / name / columns.kind
        async with self._appending:
            before = await asyncio.to_thread(_files_in, place)
            try:
                new = await asyncio.to_thread(_write_all, place, pieces)
            except Exception:
                await asyncio.to_thread(_remove, _files_in(place) - before)
                raise
            return await self._enter(name, columns, new, source)

    async def read(
        self,
        instrument_id: str,
        columns: type[T],
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
        skip: int = 0,
        limit: int | None = None,
    ) -> T:
        instrument, kind = await self._instruments.get(instrument_id), columns.kind
        name = instrument.instrument_id
        spans = await self._database.read(HOUSE, lambda db: catalogue.spans_of(db, name, kind))
        last_ts = None if end_ts is None else end_ts - 1
        cuts = [_cut(span, start_ts, last_ts) for span in spans]
        wanted = [cut for cut in cuts if cut is not None]
        place = self._folder / name / kind
        return await asyncio.to_thread(_read_spans, place, columns, wanted, skip, limit)

    async def series(self) -> Sequence[TickSeries]:
        return await self._database.read(HOUSE, catalogue.every_series)

    async def _enter(
        self, instrument_id: str, columns: type[TickColumns], new: Sequence[Span], source: str
    ) -> TickSeries:
        kind = columns.kind
        kept, spans = await self._database.read(
            HOUSE,
            lambda db: (
                catalogue.series_of(db, instrument_id, kind),
                catalogue.spans_of(db, instrument_id, kind),
            ),
        )
        first, last = new[0].first_ts, new[-1].last_ts
        gone = [span for span in spans if span.first_ts <= last and first <= span.last_ts]
        if kept is not None and [replace(span, file_seq=0) for span in gone] == new:
            return kept  # the same ticks again, and nothing newer in between
        place = self._folder / instrument_id / kind
        left = await asyncio.to_thread(_left_of, place, gone, first, last)
        now, series = self._clock.now(), (instrument_id, kind, source)
        return await self._database.write(
            HOUSE, lambda db: catalogue.enter(db, series, new, gone, left, now)
        )


def _write_all(place: Path, pieces: Iterable[TickColumns]) -> list[Span]:
    new: list[Span] = []
    for ticks in pieces:
        if not len(ticks):
            continue
        check_ticks(ticks)
        first, last = int(ticks.ts[0]), int(ticks.ts[-1])
        if new and first < new[-1].last_ts:
            raise BadTick("a piece begins before the one before ended", reason="UNSORTED_TIME")
        name = content_hash(ticks.arrays)
        named = dict(zip(ticks.__struct_fields__, ticks.arrays, strict=True))
        write_columns(place / f"{name}.parquet", named, NOUN)
        new.append(Span(0, name, first, last, len(ticks)))
    if not new:
        raise invalid("ticks", "there is none to keep", reason="NO_TICKS")
    return new


def _left_of(place: Path, gone: Sequence[Span], first: int, last: int) -> list[Span]:
    """What still counts of spans once everything from `first` to `last` is taken out of them."""
    left = []
    for span in gone:
        for part in (_cut(span, None, first - 1), _cut(span, last + 1, None)):
            found = part and _counted(place, part)
            if found:
                left.append(found)
    return left


def _cut(span: Span, first: int | None, last: int | None) -> Span | None:
    """The part of a span from `first` to `last`, both included; its count is not known then."""
    start = span.first_ts if first is None else max(first, span.first_ts)
    end = span.last_ts if last is None else min(last, span.last_ts)
    return None if end < start else replace(span, first_ts=start, last_ts=end)


def _counted(place: Path, span: Span) -> Span | None:
    """The span from its first real tick to its last; None where it holds none."""
    query = (
        "SELECT count(*) AS tick_count, coalesce(min(ts), 0) AS first, coalesce(max(ts), 0) AS last"
        " FROM read_parquet(?) WHERE ts BETWEEN ? AND ?"
    )
    found = fetch(_file(place, span), query, (span.first_ts, span.last_ts), NOUN)
    count, first, last = (int(found[name][0]) for name in ("tick_count", "first", "last"))
    return replace(span, first_ts=first, last_ts=last, tick_count=count) if count else None


def _read_spans(
    place: Path, columns: type[T], spans: Sequence[Span], skip: int, limit: int | None
) -> T:
    pieces: list[T] = []
    wanted = np.iinfo(np.int64).max if limit is None else limit
    query = (
        f"SELECT {', '.join(columns.__struct_fields__)} FROM read_parquet(?)"
        " WHERE ts BETWEEN ? AND ? LIMIT ?"
    )
    for span in spans:
        most = min(span.tick_count, skip + wanted)
        bounds = (span.first_ts, span.last_ts, most)
        found = columns(**fetch(_file(place, span), query, bounds, NOUN))
        pieces.append(found.slice(skip, len(found)))
        skip = max(0, skip - len(found))
        wanted -= len(pieces[-1])
        if not wanted:
            break
    return join_ticks(columns, [piece for piece in pieces if len(piece)])


def _file(place: Path, span: Span) -> str:
    return str(place / f"{span.content_hash}.parquet")


def _files_in(place: Path) -> set[Path]:
    return set(place.glob("*.parquet"))


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink()

"""The catalogue of bar files in the database. What is not in it does not exist."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, msgpack, structs
from sqlalchemy import Connection, Select, delete, insert, select, update

from adapters.sql.event_bus import append_events
from adapters.sql.locks import hold
from adapters.sql.tables.market_data import bar_files, bar_series
from domain.market_data.columns import BarColumns
from ports.bar_store import BarSeries
from ports.event_bus import Event


class CataloguedFile(Struct, frozen=True):
    """One file. The higher `seq`, the newer the knowledge."""

    seq: int
    instrument_id: str
    timeframe: str
    content_hash: str
    first_open_ts: int
    last_open_ts: int

    @property
    def path(self) -> str:
        """Below the folder of all bars."""
        return f"{self.instrument_id}/{self.timeframe}/{self.content_hash}.parquet"

    def overlaps(self, bars: BarColumns) -> bool:
        """Whether it spans a time that the bars span too."""
        return bool(self.first_open_ts <= bars.open_ts[-1] and bars.open_ts[0] <= self.last_open_ts)


class NewFile(Struct, frozen=True):
    """A file that is on the disk and not in the catalogue yet.

    `known` of its bars take the place of one that is kept; the files `replaced` are covered wholly.
    """

    content_hash: str
    first_open_ts: int
    last_open_ts: int
    bar_count: int
    known: int
    replaced: tuple[int, ...]


def files_of(connection: Connection, instrument_id: str, timeframe: str) -> list[CataloguedFile]:
    """The files of a series that still count, the newest knowledge last."""
    query = _files().where(
        bar_files.c.instrument_id == instrument_id,
        bar_files.c.timeframe == timeframe,
        bar_files.c.replaced_by.is_(None),
    )
    return [CataloguedFile(*row) for row in connection.execute(query)]


def known_paths(connection: Connection) -> set[str]:
    """Every file that was ever kept: a snapshot may still name one that no longer counts."""
    return {CataloguedFile(*row).path for row in connection.execute(_files())}


def every_series(connection: Connection) -> list[BarSeries]:
    """By instrument and timeframe."""
    query = _series().order_by(bar_series.c.instrument_id, bar_series.c.timeframe)
    return [BarSeries(*row) for row in connection.execute(query)]


def series_of(connection: Connection, instrument_id: str, timeframe: str) -> BarSeries | None:
    """What is kept of one series, if anything."""
    query = _series().filter_by(instrument_id=instrument_id, timeframe=timeframe)
    row = connection.execute(query).first()
    return None if row is None else BarSeries(*row)


def enter(connection: Connection, series: BarSeries, files: Sequence[NewFile], now: int) -> None:
    """The new files, which ones they replace, the series as it is now, and the news of it."""
    same = {"instrument_id": series.instrument_id, "timeframe": series.timeframe}
    hold(connection, "bars", series.instrument_id, series.timeframe)
    for file in files:
        seq = connection.execute(
            insert(bar_files)
            .values(
                **same,
                content_hash=file.content_hash,
                first_open_ts=file.first_open_ts,
                last_open_ts=file.last_open_ts,
                bar_count=file.bar_count,
                source=series.source,
                create_ts=now,
            )
            .returning(bar_files.c.seq)
        ).scalar_one()
        if file.replaced:
            connection.execute(
                update(bar_files).where(bar_files.c.seq.in_(file.replaced)).values(replaced_by=seq)
            )
    connection.execute(delete(bar_series).filter_by(**same))
    connection.execute(insert(bar_series).values(**structs.asdict(series)))
    news = Event(
        seq=0,
        tenant="",
        topic="bars",
        key=f"{series.instrument_id}/{series.timeframe}",
        kind="series",
        payload=msgpack.encode(series),
        create_ts=now,
    )
    append_events(connection, [news])


def _files() -> Select[Any]:
    return select(*(bar_files.c[name] for name in CataloguedFile.__struct_fields__)).order_by(
        bar_files.c.seq
    )


def _series() -> Select[Any]:
    return select(*(bar_series.c[name] for name in BarSeries.__struct_fields__))

"""Which ticks of which files count, in the database. What is not in it does not exist."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, msgpack
from sqlalchemy import BigInteger, Connection, cast, delete, func, insert, select

from adapters.sql.event_bus import append_events
from adapters.sql.locks import hold
from adapters.sql.tables.ticks import tick_files, tick_spans
from domain.market_data.tick_columns import TickKind
from ports.event_bus import Event
from ports.tick_store import TickSeries

TOPIC = "ticks"


class Span(Struct, frozen=True):
    """The ticks of a file with first_ts <= time <= last_ts: all that count of this file there."""

    file_seq: int
    content_hash: str
    first_ts: int
    last_ts: int
    tick_count: int


def spans_of(connection: Connection, instrument_id: str, kind: TickKind) -> list[Span]:
    """What counts of a series, in the order of time."""
    query = (
        select(
            tick_spans.c.file_seq,
            tick_files.c.content_hash,
            tick_spans.c.first_ts,
            tick_spans.c.last_ts,
            tick_spans.c.tick_count,
        )
        .join(tick_files, tick_files.c.seq == tick_spans.c.file_seq)
        .where(tick_spans.c.instrument_id == instrument_id, tick_spans.c.kind == kind)
        .order_by(tick_spans.c.first_ts, tick_spans.c.file_seq)
    )
    return [Span(*row) for row in connection.execute(query)]


def path_of(instrument_id: str, kind: TickKind, content_hash: str) -> Path:
    """Where a file is, below the folder of all ticks."""
    return Path(instrument_id, kind, f"{content_hash}.parquet")


def known_paths(connection: Connection) -> set[str]:
    """Every file that was ever kept: a reader may just have begun with one."""
    query = select(tick_files.c.instrument_id, tick_files.c.kind, tick_files.c.content_hash)
    return {path_of(*row).as_posix() for row in connection.execute(query)}


def every_series(connection: Connection) -> list[TickSeries]:
    """By instrument and kind."""
    return _series(connection)


def series_of(connection: Connection, instrument_id: str, kind: TickKind) -> TickSeries | None:
    """What is kept of one series, if anything."""
    return next(iter(_series(connection, instrument_id=instrument_id, kind=kind)), None)


def enter(
    connection: Connection,
    series: tuple[str, TickKind, str],
    new: Iterable[Span],
    gone: Iterable[Span],
    left: Iterable[Span],
    now: int,
) -> TickSeries:
    """New files, the spans that count no more, what is left of them, and the news of it.

    `series` is the instrument, the kind and the source of what is new; new files get a seq here.
    """
    instrument_id, kind, source = series
    same = {"instrument_id": instrument_id, "kind": kind}
    hold(connection, "ticks", instrument_id, kind)
    for span in gone:
        connection.execute(
            delete(tick_spans).filter_by(file_seq=span.file_seq, first_ts=span.first_ts)
        )
    for span in left:
        connection.execute(insert(tick_spans).values(**same, **_bounds(span)))
    for span in new:
        file = {"content_hash": span.content_hash, "source": source, "create_ts": now}
        entered = insert(tick_files).values(**same, **file).returning(tick_files.c.seq)
        bounds = _bounds(span) | {"file_seq": connection.execute(entered).scalar_one()}
        connection.execute(insert(tick_spans).values(**same, **bounds))
    kept = series_of(connection, instrument_id, kind)
    assert kept is not None
    append_events(connection, [_news(kept, now)])
    return kept


def _bounds(span: Span) -> dict[str, int]:
    return {
        "file_seq": span.file_seq,
        "first_ts": span.first_ts,
        "last_ts": span.last_ts,
        "tick_count": span.tick_count,
    }


def _series(connection: Connection, **of: str) -> list[TickSeries]:
    counts = (
        select(
            tick_spans.c.instrument_id,
            tick_spans.c.kind,
            func.min(tick_spans.c.first_ts).label("first_ts"),
            func.max(tick_spans.c.last_ts).label("last_ts"),
            cast(func.sum(tick_spans.c.tick_count), BigInteger).label("tick_count"),
            func.max(tick_spans.c.file_seq).label("newest"),
        )
        .filter_by(**of)
        .group_by(tick_spans.c.instrument_id, tick_spans.c.kind)
        .subquery()
    )
    query = (
        select(
            counts.c.instrument_id,
            counts.c.kind,
            counts.c.first_ts,
            counts.c.last_ts,
            counts.c.tick_count,
            tick_files.c.source,
        )
        .join(tick_files, tick_files.c.seq == counts.c.newest)
        .order_by(counts.c.instrument_id, counts.c.kind)
    )
    return [
        TickSeries(instrument_id, TickKind(kind), *rest)
        for instrument_id, kind, *rest in connection.execute(query)
    ]


def _news(series: TickSeries, now: int) -> Event:
    return Event(
        seq=0,
        tenant="",
        topic=TOPIC,
        key=f"{series.instrument_id}/{series.kind}",
        kind="series",
        payload=msgpack.encode(series),
        create_ts=now,
    )

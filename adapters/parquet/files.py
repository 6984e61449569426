"""Bars in immutable Parquet files that are named by what is in them. Works in any process."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.parquet import column_files
from domain.market_data.columns import BarColumns, join_bars, no_bars
from domain.market_data.corporate_actions import split_adjusted
from ports.bar_store import Adjustment, BarSnapshot

NOUN = "bar"
COLUMNS = ", ".join(BarColumns.__struct_fields__)


def content_hash(bars: BarColumns) -> str:
    """SHA-256 over the values: the name of their file."""
    return column_files.content_hash(bars.arrays)


def write_bars(path: Path, bars: BarColumns) -> None:
    """Makes the file: after this it is on the disk whole, after a crash whole or not at all.

    Raises `Unavailable` STORE_UNAVAILABLE when the disk refuses.
    """
    named = dict(zip(BarColumns.__struct_fields__, bars.arrays, strict=True))
    column_files.write_columns(path, named, NOUN)


def read_snapshot(
    snapshot: BarSnapshot,
    *,
    start_ts: int | None = None,
    end_ts: int | None = None,
    limit: int | None = None,
    adjustment: Adjustment = Adjustment.SPLITS,
) -> BarColumns:
    """Bars with start_ts <= open time < end_ts, oldest first, the first `limit` of them."""
    bars = read_columns(snapshot.files, start_ts=start_ts, end_ts=end_ts, limit=limit)
    if adjustment is Adjustment.NONE:
        return bars
    return split_adjusted(bars, snapshot.actions, snapshot.instrument)


def read_columns(
    files: Sequence[str],
    *,
    start_ts: int | None = None,
    end_ts: int | None = None,
    limit: int | None = None,
) -> BarColumns:
    """The same as traded. Of bars that open at the same time, that of the last file counts.

    Raises `Unavailable` BAR_FILE_UNREADABLE.
    """
    where, bounds = _range(start_ts, end_ts)
    most = "" if limit is None else f" LIMIT {limit:d}"
    pieces = []
    for file in files:
        found = column_files.fetch(
            file, f"SELECT {COLUMNS} FROM read_parquet(?){where}{most}", bounds, NOUN
        )
        pieces.append(BarColumns(**found))
    bars = _newest([piece for piece in pieces if len(piece)])
    return bars if limit is None else bars.slice(0, limit)


def read_open_times(
    file: str, *, start_ts: int | None = None, end_ts: int | None = None
) -> NDArray[np.int64]:
    """When the bars of one file open. Raises `Unavailable` BAR_FILE_UNREADABLE."""
    where, bounds = _range(start_ts, end_ts)
    found = column_files.fetch(file, f"SELECT open_ts FROM read_parquet(?){where}", bounds, NOUN)
    times: NDArray[np.int64] = found["open_ts"]
    return times


def _newest(pieces: Sequence[BarColumns]) -> BarColumns:
    """One series of pieces that may overlap; the later piece counts."""
    in_time = sorted(pieces, key=lambda piece: int(piece.open_ts[0]))
    if all(a.open_ts[-1] < b.open_ts[0] for a, b in pairwise(in_time)):
        return join_bars(in_time) if pieces else no_bars()
    every = join_bars(pieces)
    knowledge = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    order = np.lexsort((knowledge, every.open_ts))
    opens = every.open_ts[order]
    last_of_its_time = np.append(opens[1:] != opens[:-1], True)
    chosen = order[last_of_its_time]
    return BarColumns(*(column[chosen] for column in every.arrays))


def _range(start_ts: int | None, end_ts: int | None) -> tuple[str, list[int]]:
    bounds = {"open_ts >= ?": start_ts, "open_ts < ?": end_ts}
    given = {text: ts for text, ts in bounds.items() if ts is not None}
    return (" WHERE " + " AND ".join(given) if given else ""), list(given.values())

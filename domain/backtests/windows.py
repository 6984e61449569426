"""Bars or quotes of several instruments, merged by time in windows that fit the memory."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.errors import invalid
from domain.market_data.columns import BadBar, BarColumns
from domain.market_data.quote_columns import QuoteColumns

WINDOW = 65_536  # rows


Columns = BarColumns | QuoteColumns


class Window(Struct, frozen=True, eq=False):
    """Consecutive rows; `which` says of each whose it is, None when all are the first's."""

    columns: Columns
    which: NDArray[np.intp] | None


def windows(sources: Mapping[str, Iterable[Columns]]) -> Iterator[Window]:
    """All rows by time, for bars that of the close; ties in the order of `sources`.

    Each source gives checked columns, piece by piece, oldest first. Raises BadBar when a piece
    begins before the one before ended, and InvalidRequest (`MIXED_SOURCES`) for bars and quotes.
    """
    readers = [_Reader(name, iter(pieces)) for name, pieces in sources.items()]
    rows = max(256, WINDOW // max(1, len(readers)))
    while True:
        filled = [place for place, reader in enumerate(readers) if reader.fill()]
        if not filled:
            return
        horizon = min(readers[place].horizon(rows) for place in filled)
        cuts = [readers[place].take(horizon) for place in filled]
        yield _merged(cuts, filled) if len(readers) > 1 else Window(cuts[0], None)


def _merged(cuts: list[Columns], places: list[int]) -> Window:
    kind = type(cuts[0])
    if any(type(cut) is not kind for cut in cuts):
        raise invalid("sources", "are bars and quotes together", reason="MIXED_SOURCES")
    joined = [np.concatenate(column) for column in zip(*(cut.arrays for cut in cuts), strict=True)]
    which = np.repeat(places, [len(cut) for cut in cuts])
    order = np.argsort(joined[0], kind="stable")
    return Window(kind(*(column[order] for column in joined)), which[order])


class _Reader:
    """One source and the piece of it that is not used up."""

    def __init__(self, name: str, pieces: Iterator[Columns]) -> None:
        self._name = name
        self._pieces = pieces
        self._rest: Columns | None = None
        self._at = 0
        self._last_ts: int | None = None

    def fill(self) -> bool:
        """Read on if nothing is left of the piece at hand; False at the end of the source."""
        while self._rest is None:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            if len(piece):
                self._check(piece)
                self._rest, self._at = piece, 0
        return True

    def horizon(self, rows: int) -> int:
        """The time up to which this source can give bars now, at most `rows` of them."""
        assert self._rest is not None
        return int(self._rest.ts[min(self._at + rows, len(self._rest)) - 1])

    def take(self, horizon: int) -> Columns:
        """The rows up to and including `horizon`, of what `fill` has read."""
        assert self._rest is not None
        rest, start = self._rest, self._at
        end = int(np.searchsorted(rest.ts, horizon, "right"))
        self._at = end
        if end >= len(rest):
            self._rest = None
        return rest.slice(start, end)

    def _check(self, piece: Columns) -> None:
        first = int(piece.ts[0])
        if self._last_ts is not None and first <= self._last_ts:
            raise BadBar(
                f"{self._name}: a piece begins before the one before it ended",
                reason="UNSORTED_TIME",
                violations={"ts": "begins before the piece before it ended"},
            )
        self._last_ts = int(piece.ts[-1])

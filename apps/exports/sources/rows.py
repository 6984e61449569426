"""What every source gives."""

from collections.abc import AsyncIterator, Callable, Sequence

from msgspec import Struct

from ports.export_files import Column, Row

PIECE = 5_000

Pieces = AsyncIterator[Sequence[Row]]


class Rows(Struct, frozen=True):
    """Everything that goes into one file, oldest first."""

    columns: tuple[Column, ...]
    count: int
    """How many rows there are now."""
    pieces: Callable[[], Pieces]
    """Reads them, a few thousand at a time."""

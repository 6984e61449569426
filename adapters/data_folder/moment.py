"""Several SQLite files as they are at one moment, while others go on writing to them."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

PATIENCE = 30.0  # seconds to wait for the writer of a file to end its transaction
PAGES = 512  # copied at a time

Told = Callable[[int, int], None]  # bytes done, bytes in all


@contextmanager
def one_moment(paths: Sequence[Path], held: Callable[[], None]) -> Iterator[list["Snapshot"]]:
    """The files between two transactions of every writer: what a power cut then would have left.

    All writers wait for the milliseconds in which the snapshots begin and `held` runs; then they
    go on, and the snapshots stay as they are. Raises `sqlite3.Error`.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(_open(path))) for path in paths]
        with ExitStack() as locks:
            for path in paths:
                writer = locks.enter_context(closing(_open(path)))
                writer.execute("BEGIN IMMEDIATE")  # ended by closing it
            for reader in readers:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            held()
        yield [Snapshot(path, reader) for path, reader in zip(paths, readers, strict=True)]


class Snapshot:
    """One of the files, as it was then."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @property
    def size(self) -> int:
        """Bytes of a copy."""
        pages, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "page_size")
        )
        return int(pages * size)

    def copy_to(self, path: Path, told: Callable[[int], None]) -> None:
        """Makes one whole file; `told` hears the bytes that were copied so far."""
        page_size = int(self._connection.execute("PRAGMA page_size").fetchone()[0])
        with closing(sqlite3.connect(path)) as target:
            self._connection.backup(
                target,
                pages=PAGES,
                progress=lambda _status, left, pages: told((pages - left) * page_size),
            )


def check_database(path: Path) -> str:
    """What SQLite finds wrong in the whole file; empty where nothing is."""
    try:
        with closing(_open(path)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    if found != "ok":
        return str(found)
    return f"a row of {broken[0]} belongs to nothing" if broken else ""


def _open(path: Path) -> sqlite3.Connection:
    """Never makes a file."""
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None
    )

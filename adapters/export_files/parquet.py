"""The rows of a CSV file as Parquet, in place."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from domain.errors import Unavailable
from ports.export_files import Column, Kind

TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.WHOLE: "BIGINT",
    Kind.DECIMAL: "DECIMAL(38, 9)",
    Kind.DOUBLE: "DOUBLE",
    Kind.TIME: "TIMESTAMPTZ",
}


def to_parquet(path: Path, columns: Sequence[Column]) -> None:
    """Rewrites the file. Streams, so that a large one needs no memory.

    Raises `Unavailable` STORE_UNAVAILABLE when the disk refuses.
    """
    made = path.with_suffix(".parquet")
    types = {column.name: TYPES[column.kind] for column in columns}
    try:
        with duckdb.connect(config={"threads": 1}) as duck:
            duck.execute("SET TimeZone = 'UTC'")
            duck.execute(
                "COPY (SELECT * FROM read_csv($rows, header = true, auto_detect = false,"
                f" delim = ',', quote = '\"', columns = {types!r}))"
                f" TO '{_quoted(made)}' (FORMAT parquet, COMPRESSION zstd)",
                {"rows": str(path)},
            )
        made.replace(path)
    except duckdb.Error as error:
        made.unlink(missing_ok=True)
        raise Unavailable(
            f"the Parquet file cannot be written: {error}", reason="STORE_UNAVAILABLE"
        ) from error


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

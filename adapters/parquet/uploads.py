"""Files that somebody uploaded, read with care: a Parquet file may hold anything."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np

from adapters.parquet.session import path_for_reading, path_for_writing
from domain.errors import Unavailable
from domain.market_data.files.checked_rows import RowTerms
from domain.market_data.files.contents import COLUMNS, TIME
from domain.market_data.files.csv_file import AHEAD
from domain.market_data.files.csv_header import Header, read_header
from domain.market_data.files.csv_times import CsvTimes
from domain.market_data.files.raw_rows import RawRows
from domain.market_data.files.text_rows import TextRows
from domain.market_data.imports import FileRefused, Import
from ports.import_worker import UploadedFiles

PIECE = 256 * 1024  # bytes
ROWS = 16_384  # a piece of a Parquet file
MEMORY = "512MB"
LONGEST_WORDS = 200

_INTEGERS = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_NUMBERS = (*_INTEGERS, "FLOAT", "DOUBLE", "VARCHAR")
_MOMENTS = ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS")
_ZONED = "TIMESTAMP WITH TIME ZONE"


class DiskUploads(UploadedFiles):
    """Parquet comes through a DuckDB of its own that may open this one file and nothing else.

    Its values become text and are read as those of a CSV file are, so both keep the same rules: a
    moment without a zone is one in the zone of the import, a whole number is one since 1970.
    """

    def bytes_of(self, path: str, size: int) -> Iterator[bytes]:
        try:
            with Path(path).open("rb") as file:
                while size:
                    data = file.read(min(size, PIECE))
                    if not data:
                        raise _unreadable("it is too short")
                    size -= len(data)
                    yield data
        except OSError as error:
            raise _unreadable(error.strerror or "it cannot be read") from error

    def parquet_rows(
        self, path: str, row_terms: RowTerms, import_terms: Import
    ) -> tuple[int, Iterator[RawRows]]:
        times = CsvTimes(row_terms.instrument, row_terms.timeframe, import_terms.time_zone)
        duck = _closed_duck(path)
        try:
            described = duck.execute(
                "DESCRIBE SELECT * FROM read_parquet(?)", [path_for_reading(path)]
            ).fetchall()
            names, types = [row[0] for row in described], [row[1] for row in described]
            header = read_header(names, COLUMNS[row_terms.content], import_terms.columns)
            query = _query(header, names, types)
            [(count,)] = duck.execute(
                "SELECT count(*) FROM read_parquet(?)", [path_for_reading(path)]
            ).fetchall()
        except duckdb.Error as error:
            raise _no_parquet(error) from None
        return int(count), _rows(duck, query, path, header, times)


def _rows(
    duck: duckdb.DuckDBPyConnection, query: str, path: str, header: Header, times: CsvTimes
) -> Iterator[RawRows]:
    here = Header(
        places={name: at for at, name in enumerate(header.places)},
        names=header.names,
        width=len(header.places),
    )
    line = 1
    held: list[tuple[str, ...]] = []
    at = here.places[TIME]
    try:
        duck.execute(query, [path_for_reading(path)])
        while True:
            found = duck.fetchmany(ROWS)
            rows = held + found
            told = max(0, len(rows) - AHEAD) if found else len(rows)
            held = rows[told:]
            if told > 0:
                columns = list(zip(*rows[:told], strict=True))
                text = "".join(map("".join, columns))
                yield TextRows(
                    here,
                    columns,
                    np.arange(line, line + told, dtype=np.int64),
                    times,
                    plain=text.isascii() and "_" not in text,
                    misshapen={},
                    ahead=[row[at] for row in held],
                )
                line += told
            if not found:
                return
    except duckdb.Error as error:
        raise _no_parquet(error) from None
    finally:
        duck.close()


def _closed_duck(path: str) -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    names = f"{path_for_writing(path)}, {path_for_writing(path_for_reading(path))}"
    duck.execute(f"SET allowed_paths = [{names}]")  # the pattern for it is asked for too
    duck.execute("SET enable_external_access = false")
    duck.execute("SET lock_configuration = true")
    return duck


def _query(header: Header, names: Sequence[str], types: Sequence[str]) -> str:
    """Each column as text, those that are missing as none."""
    texts = []
    for name, place in header.places.items():
        column = '"' + names[place].replace('"', '""') + '"'
        texts.append(_as_text(name == TIME, column, types[place], header.names[name]))
    return f"SELECT {', '.join(texts)} FROM read_parquet(?)"


def _as_text(is_time: bool, column: str, kind: str, name: str) -> str:
    text = f"coalesce(CAST({column} AS VARCHAR), '')"
    if not is_time and (kind in _NUMBERS or re.fullmatch(r"DECIMAL\(\d+,\d+\)", kind)):
        return text
    if is_time and kind == _ZONED:
        return f"coalesce(CAST(make_timestamp_ns(epoch_ns({column})) AS VARCHAR) || 'Z', '')"
    if is_time and kind in (*_INTEGERS, *_MOMENTS, "DATE", "VARCHAR"):
        return text
    raise FileRefused(
        f"the column {name} is of the type {kind[:LONGEST_WORDS]}",
        reason="COLUMN_OF_WRONG_TYPE",
        column=name,
    )


def _no_parquet(error: duckdb.Error) -> FileRefused:
    words = str(error).splitlines()[0]
    kind = words.partition(":")[0][:LONGEST_WORDS]  # the rest may name our folders
    return FileRefused(f"not a Parquet file that can be read ({kind})", reason="NOT_PARQUET")


def _unreadable(why: str) -> Unavailable:
    return Unavailable(f"the uploaded file: {why}", reason="STORE_UNAVAILABLE")

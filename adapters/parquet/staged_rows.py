"""Good rows on their way from a worker to a store: Parquet files, numbered."""

from collections.abc import Iterator
from pathlib import Path

from adapters.parquet.column_files import fetch, write_columns
from domain.market_data.files.checked_rows import AnyColumns
from ports.import_worker import C, StagedRows

NOUN = "row"


class ParquetStagedRows(StagedRows):
    """Files `00000.parquet` and so on."""

    def write(self, folder: str, number: int, rows: AnyColumns) -> None:
        named = dict(zip(rows.__struct_fields__, rows.arrays, strict=True))
        write_columns(Path(folder) / f"{number:05}.parquet", named, NOUN)

    def read(self, folder: str, columns: type[C]) -> Iterator[C]:
        query = f"SELECT {', '.join(columns.__struct_fields__)} FROM read_parquet(?)"
        for path in sorted(Path(folder).glob("*.parquet")):
            yield columns(**fetch(str(path), query, (), NOUN))

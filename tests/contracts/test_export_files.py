"""What every keeper of export files promises."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.export_files.files import FolderExportFiles
from domain.errors import NotAllowedNow, Unavailable
from domain.exports.export import ExportFormat
from ports.export_files import Column, ExportFiles, Kind, Row

COLUMNS = (
    Column("time", Kind.TIME),
    Column("word", Kind.TEXT),
    Column("price", Kind.DECIMAL),
    Column("value", Kind.DOUBLE),
    Column("count", Kind.WHOLE),
)
NOON = 1_362_052_800_000_000_000
ROWS: list[Row] = [
    (NOON, 'a, "b"\nc', Decimal("64.50"), 0.1, 3),
    (NOON + 123_456_000, None, None, None, None),
    (NOON + 2, "=1+1", Decimal("-0.000000001"), 1e300, -(2**63)),
]


@pytest.fixture(params=["folder"])
def files(tmp_path: Path) -> ExportFiles:
    return FolderExportFiles(tmp_path / "with [brackets] and 'quotes'")


async def nobody(_: int) -> None:
    """Nobody listens."""


async def in_pieces(rows: Sequence[Row], size: int = 2) -> AsyncIterator[Sequence[Row]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


async def content(files: ExportFiles, name: str = "exp_1") -> bytes:
    async with aclosing(files.read(name)) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_csv_has_a_header_iso_times_and_plain_decimals(files: ExportFiles) -> None:
    size = await files.write("exp_1", ExportFormat.CSV, COLUMNS, in_pieces(ROWS), nobody)
    body = await content(files)
    assert len(body) == size
    assert list(csv.reader(io.StringIO(body.decode(), newline=""))) == [
        ["time", "word", "price", "value", "count"],
        ["2013-02-28T12:00:00Z", 'a, "b"\nc', "64.50", "0.1", "3"],
        ["2013-02-28T12:00:00.123456Z", "", "", "", ""],
        ["2013-02-28T12:00:00.000000002Z", "=1+1", "-0.000000001", "1e+300", str(-(2**63))],
    ]


async def test_parquet_has_the_same_rows_typed(files: ExportFiles) -> None:
    await files.write("exp_1", ExportFormat.PARQUET, COLUMNS, in_pieces(ROWS), nobody)
    frame = polars.read_parquet(io.BytesIO(await content(files)))
    noon = datetime(2013, 2, 28, 12, tzinfo=UTC)
    assert frame.rows() == [
        (noon, 'a, "b"\nc', Decimal("64.50"), 0.1, 3),
        (noon.replace(microsecond=123_456), None, None, None, None),
        (noon, "=1+1", Decimal("-0.000000001"), 1e300, -(2**63)),
    ]


async def test_no_rows_make_a_file_with_a_header_only(files: ExportFiles) -> None:
    await files.write("exp_1", ExportFormat.CSV, COLUMNS, in_pieces([]), nobody)
    assert await content(files) == b"time,word,price,value,count\n"
    await files.write("exp_2", ExportFormat.PARQUET, COLUMNS, in_pieces([]), nobody)
    assert polars.read_parquet(io.BytesIO(await content(files, "exp_2"))).shape == (0, 5)


async def test_progress_counts_the_rows(files: ExportFiles) -> None:
    counts: list[int] = []

    async def tell(count: int) -> None:
        counts.append(count)

    await files.write("exp_1", ExportFormat.CSV, COLUMNS, in_pieces(ROWS), tell)
    assert counts == [2, 3]


async def test_a_file_whose_rows_break_off_never_appears(files: ExportFiles) -> None:
    async def broken() -> AsyncIterator[Sequence[Row]]:
        yield ROWS
        raise Unavailable("the store went away", reason="STORE_UNAVAILABLE")

    with pytest.raises(Unavailable):
        await files.write("exp_1", ExportFormat.CSV, COLUMNS, broken(), nobody)
    with pytest.raises(NotAllowedNow) as refused:
        await content(files)
    assert refused.value.reason == "EXPORT_EXPIRED"


async def test_what_is_removed_is_gone_and_the_rest_stays(files: ExportFiles) -> None:
    for name in ("exp_1", "exp_2", "exp_3"):
        await files.write(name, ExportFormat.CSV, COLUMNS, in_pieces(ROWS), nobody)
    await files.remove("exp_1")
    await files.remove("exp_1")
    await files.keep_only(["exp_3"])
    for name in ("exp_1", "exp_2"):
        with pytest.raises(NotAllowedNow):
            await content(files, name)
    assert await content(files, "exp_3")


async def test_a_disk_that_refuses_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("no folder")
    files = FolderExportFiles(tmp_path / "exports")
    with pytest.raises(Unavailable) as refused:
        await files.write("exp_1", ExportFormat.CSV, COLUMNS, in_pieces(ROWS), nobody)
    assert refused.value.reason == "STORE_UNAVAILABLE"


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
decimals = st.decimals(-(10**20), 10**20, places=9)
rows = st.lists(
    st.tuples(
        st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 10**9),
        st.none() | words,
        st.none() | decimals,
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.integers(-(2**63), 2**63 - 1),
    ),
    max_size=5,
)


@given(rows)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example([(0, "\r", None, None, None)])
async def test_any_row_survives_the_way_through_parquet(
    files: ExportFiles, written: list[Row]
) -> None:
    await files.write("exp_1", ExportFormat.PARQUET, COLUMNS, in_pieces(written), nobody)
    frame = polars.read_parquet(io.BytesIO(await content(files)))
    expected = [(_one_kind_of_line_end(row[1]), *row[2:]) for row in written]
    assert [row[1:] for row in frame.rows()] == expected
    seconds = [int(row[0].timestamp()) for row in frame.rows()]
    assert seconds == [row[0] // 10**9 for row in written]


def _one_kind_of_line_end(text: object) -> object:
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text

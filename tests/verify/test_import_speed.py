"""Ten years of minute bars come in whole, in bounded memory.

Through the real API: every process that has a part in it counts, and the figures are printed.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import grpc
import pytest
from msgspec import Struct

from adapters.exchange_calendars.calendars import ExchangeCalendars
from domain.market_data.imports import LARGEST_CHUNK
from domain.market_data.sessions import Sessions
from tests.journeys.clients import Grpc, Refused, new_id
from tests.journeys.conftest import Platform
from tests.unit.market_data.planted import KINDS, planted
from trademesh.market_data.v1 import import_pb2 as ipb
from trademesh.market_data.v1 import import_service_pb2 as pb
from trademesh.market_data.v1 import quality_pb2
from trademesh.market_data.v1.import_service_pb2_grpc import ImportServiceStub

pytestmark = pytest.mark.alone

ROWS = 1_000_000
MOST_MEGABYTES = 500
FAULTS = 1_000
FIRST, LAST = date(2010, 1, 4), date(2020, 12, 31)
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")


class Cost(Struct):
    """What an import took; memory is what it added at its highest, over all processes."""

    wall: float = 0.0
    processor: float = 0.0
    megabytes: float = 0.0


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    found = ExchangeCalendars().sessions("XNAS", FIRST, LAST)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        platform = Platform(Path(folder), "--no-demo")
        yield platform
        assert platform.stop() == 0


def test_a_million_rows_are_imported_within_seconds(
    platform: Platform, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    text, report = planted(sessions, ROWS, 0, seed=1)
    wanted = ipb.Import(instrument_id="SPEED.XNAS", timeframe="1m")
    one, cost = imported(platform, text.encode(), wanted)
    assert one.state == ipb.Import.STATE_SUCCEEDED, one.error_message
    assert one.bar_count == report.good_rows == ROWS
    assert one.quality.missing_bar_count == 0
    assert dict(one.quality.finding_counts) == {}
    tell(capsys, "CSV", cost)
    assert cost.megabytes < MOST_MEGABYTES


def test_a_million_rows_of_parquet_are_no_slower(
    platform: Platform, sessions: Sessions, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text, _ = planted(sessions, ROWS, 0, seed=1)
    (tmp_path / "bars.csv").write_text(text)
    duckdb.execute(
        f"COPY (FROM read_csv('{tmp_path}/bars.csv')) TO '{tmp_path}/bars.parquet' (FORMAT parquet)"
    )
    wanted = ipb.Import(
        instrument_id="SPEEDP.XNAS", timeframe="1m", format=ipb.Import.FORMAT_PARQUET
    )
    one, cost = imported(platform, (tmp_path / "bars.parquet").read_bytes(), wanted)
    assert (one.state, one.bar_count) == (ipb.Import.STATE_SUCCEEDED, ROWS), one.error_message
    tell(capsys, "Parquet", cost)
    assert cost.megabytes < MOST_MEGABYTES


def test_a_thousand_planted_faults_are_reported_and_nothing_else(
    platform: Platform, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = planted(sessions, ROWS, FAULTS, seed=2014)
    wanted = ipb.Import(instrument_id="FAULTS.XNAS", timeframe="1m", skip_refused_rows=True)
    one, cost = imported(platform, text.encode(), wanted)
    assert one.state == ipb.Import.STATE_SUCCEEDED, one.error_message
    with Grpc(platform.grpc, platform.token) as client:
        imports = client.stub(ImportServiceStub)
        refused, findings = every_refused_row(imports, one), every_finding(imports, one)
    assert refused == expected.refused
    assert sorted(findings) == sorted(expected.findings)
    assert len(refused) + len(findings) == FAULTS
    assert one.bar_count == expected.good_rows
    assert {reason for _, reason in refused} | {kind for kind, *_ in findings} == set(KINDS)
    tell(capsys, f"CSV with {FAULTS} faults of {len(KINDS)} kinds", cost)
    assert cost.megabytes < MOST_MEGABYTES


def imported(platform: Platform, data: bytes, wanted: ipb.Import) -> tuple[ipb.Import, Cost]:
    """Uploads in the largest chunks and watches to the end."""
    with Grpc(platform.grpc, platform.token) as client, measured(platform.process.pid) as cost:
        imports = client.stub(ImportServiceStub)
        request = pb.CreateImportRequest(**{"import": wanted}, request_id=new_id())
        import_id = getattr(imports.CreateImport(request), "import").import_id
        for offset in range(0, len(data), LARGEST_CHUNK):
            chunk = data[offset : offset + LARGEST_CHUNK]
            imports.UploadImportChunk(
                pb.UploadImportChunkRequest(
                    import_id=import_id,
                    offset=offset,
                    data=chunk,
                    last=offset + len(chunk) == len(data),
                    request_id=new_id(),
                )
            )
        return ended(imports, import_id), cost


def ended(imports: object, import_id: str) -> ipb.Import:
    cursor = ""
    while True:  # a busy machine may take longer than one call may
        request = pb.WatchImportRequest(import_id=import_id, cursor=cursor)
        try:
            for message in imports.WatchImport(request):  # type: ignore[attr-defined]
                cursor, one = message.cursor, getattr(message, "import")
                if one.HasField("end_time"):
                    return one
        except Refused as refused:
            if refused.code is not grpc.StatusCode.DEADLINE_EXCEEDED:
                raise


def every_refused_row(imports: object, one: ipb.Import) -> list[tuple[int, str]]:
    found, token = [], ""
    while True:
        page = imports.ListRefusedRows(  # type: ignore[attr-defined]
            pb.ListRefusedRowsRequest(import_id=one.import_id, page_size=300, page_token=token)
        )
        found += [(row.line, row.reason) for row in page.refused_rows]
        token = page.next_page_token
        if not token:
            return found


def every_finding(imports: object, one: ipb.Import) -> list[tuple[str, int, int, int]]:
    found, token = [], ""
    while True:
        page = imports.ListImportFindings(  # type: ignore[attr-defined]
            pb.ListImportFindingsRequest(import_id=one.import_id, page_size=300, page_token=token)
        )
        found += [
            (
                quality_pb2.Finding.Kind.Name(each.kind).removeprefix("KIND_"),
                each.start_time.ToNanoseconds(),
                each.count,
                each.line,
            )
            for each in page.findings
        ]
        token = page.next_page_token
        if not token:
            return found


@contextmanager
def measured(pid: int) -> Iterator[Cost]:
    """Wall clock, processor time and memory of a process and all that it starts."""
    cost, over = Cost(), threading.Event()
    wall, processor, before = time.monotonic(), processor_seconds(pid), megabytes(pid)
    most = [before]

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], megabytes(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield cost
    finally:
        over.set()
        watcher.join()
        cost.wall = time.monotonic() - wall
        cost.processor = processor_seconds(pid) - processor
        cost.megabytes = most[0] - before


def processor_seconds(pid: int) -> float:
    """Of the process and its children, those that have ended too."""
    total = 0
    for each in family(pid):
        fields = read(each, "stat").rpartition(")")[2].split()
        if fields:
            total += sum(map(int, fields[11:13])) + (sum(map(int, fields[13:15])))
    return total / TICKS


def megabytes(pid: int) -> float:
    sizes = [read(each, "statm").split() for each in family(pid)]
    return sum(int(size[1]) for size in sizes if size) * PAGE / 2**20


def family(pid: int) -> list[int]:
    children = read(pid, f"task/{pid}/children").split()
    return [pid, *(one for child in children for one in family(int(child)))]


def read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it has just gone
        return ""


def tell(capsys: pytest.CaptureFixture[str], what: str, cost: Cost) -> None:
    with capsys.disabled():
        print(
            f"\n{ROWS:,} rows of {what}: {cost.wall:.1f} s wall, {cost.processor:.1f} s of"
            f" processor, {cost.megabytes:.0f} MB at {datetime.now(UTC):%H:%M} with"
            f" {os.getloadavg()[0]:.1f} others"
        )

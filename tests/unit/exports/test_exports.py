"""Exports as jobs: real stores, real files, a clock that the test moves."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.export_files.files import FolderExportFiles
from adapters.sql.account_store import SqlAccountStore
from adapters.sql.export_store import SqlExportStore
from apps.caller import Caller
from apps.exports.cancel_export import CancelExport
from apps.exports.create_export import CreateExport
from apps.exports.read_exports import ReadExports
from apps.exports.run_exports import RunExports
from apps.exports.sources.source import Source
from apps.paging import Places
from domain.errors import DomainError, NotAllowedNow, NotFound, PermissionDenied
from domain.exports.export import (
    LIFE,
    SCOPES,
    AccountContent,
    BacktestContent,
    BarsContent,
    Content,
    Export,
    ExportFormat,
    ExportState,
)
from domain.strategies.wanted import Wanted
from ports.export_files import Column, Row
from ports.request_log import RequestIdReused
from tests.houses import CASH, TENANT, Counted, House, a_house, a_request, furnish, keep, some_days
from tests.strategy_sources import HOLDS

ME = Caller(TENANT, "me", frozenset(SCOPES.values()))
BARS = BarsContent("AAPL", "1d")


class Halting(FolderExportFiles):
    """Writes the first piece and then waits, until the test lets it go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def write(
        self,
        export_id: str,
        form: ExportFormat,
        columns: Sequence[Column],
        pieces: AsyncIterator[Sequence[Row]],
        tell: Callable[[int], Awaitable[None]],
    ) -> int:
        async def halting() -> AsyncIterator[Sequence[Row]]:
            async for piece in pieces:
                yield piece
                self.reached.set()
                await self.go_on.wait()

        return await super().write(export_id, form, columns, halting(), tell)


@dataclass
class Office:
    """The exports of one process."""

    house: House
    exports: SqlExportStore
    files: Halting
    run: RunExports
    create: CreateExport
    cancel: CancelExport
    read: ReadExports

    async def done(self, content: Content, form: ExportFormat = ExportFormat.CSV) -> Export:
        export = await self.create(ME, content, form, request=a_request())
        await self.run.wait(export.export_id)
        return await self.exports.get(TENANT, export.export_id)

    async def rows(self, export: Export) -> list[list[str]]:
        async with aclosing(self.read.file(TENANT, export.export_id)) as pieces:
            body = b"".join([piece async for _, piece in pieces])
        assert len(body) == export.size_bytes
        return list(csv.reader(io.StringIO(body.decode())))


def an_office(house: House, ids_from: int = 0) -> Office:
    exports = SqlExportStore(house.database, house.clock)
    files = Halting(house.folder / "exports")
    files.go_on.set()
    accounts = SqlAccountStore(house.database, house.clock)
    source = Source(house.bars, accounts, house.backtests, house.results)
    run = RunExports(exports, source, files, house.clock)
    ids = Counted(ids_from)
    return Office(
        house=house,
        exports=exports,
        files=files,
        run=run,
        create=CreateExport(exports, house.instruments, source, run, house.clock, ids),
        cancel=CancelExport(exports, run, house.clock),
        read=ReadExports(exports, files, Places(b"secret"), house.clock),
    )


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with a_house(tmp_path) as house:
        await furnish(house)
        office = an_office(house)
        yield office
        await office.run.drain()


async def test_bars_leave_the_house_to_the_bit(office: Office) -> None:
    export = await office.done(BARS)
    assert (export.state, export.row_count, export.total_row_count) == (
        ExportState.SUCCEEDED,
        300,
        300,
    )
    assert export.file_name == "AAPL.XNAS-1d.csv"
    header, *rows = await office.rows(export)
    assert header == ["open_time", "close_time", "open", "high", "low", "close", "volume"]
    days = some_days()
    assert [float(row[5]) for row in rows] == days.close.tolist()
    assert [float(row[6]) for row in rows] == days.volume.tolist()


async def test_a_range_has_its_bars_only(office: Office) -> None:
    days = some_days()
    content = BarsContent("AAPL", "1d", int(days.open_ts[10]), int(days.open_ts[20]))
    export = await office.done(content)
    assert export.row_count == 10


async def test_a_backtest_leaves_with_its_orders_fills_and_equity(office: Office) -> None:
    await keep(office.house, "holds", HOLDS)
    wanted = Wanted("holds", "", "AAPL", "1d", {"at_bar": "3"})
    backtest = await office.house.create_backtest(wanted, CASH, request=a_request())
    running = BacktestContent(backtest.backtest_id, "orders")
    with pytest.raises(NotAllowedNow) as refused:
        await office.create(ME, running, ExportFormat.CSV, request=a_request())
    assert refused.value.reason == "BACKTEST_NOT_DONE"
    await office.house.run_backtests.wait(backtest.backtest_id)

    counts = {}
    for what in ("orders", "fills", "equity"):
        export = await office.done(BacktestContent(backtest.backtest_id, what))
        counts[what] = export.row_count
        assert len(await office.rows(export)) == export.row_count + 1
    assert counts == {"orders": 1, "fills": 1, "equity": 300}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BarsContent("", "1d"), "MISSING_FIELD"),
        (BarsContent("AAPL", "3d"), "UNKNOWN_TIMEFRAME"),
        (BarsContent("AAPL", "1d", 5, 5), "END_BEFORE_START"),
        (BarsContent("NOPE", "1d"), "INSTRUMENT_NOT_FOUND"),
        (BarsContent("AAPL", "1m"), "NO_BARS"),
        (AccountContent("acc_none", "orders"), "ACCOUNT_NOT_FOUND"),
        (AccountContent("acc_none", "fills"), "ACCOUNT_NOT_FOUND"),
        (BacktestContent("bt_none", "equity"), "BACKTEST_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_exported_is_refused_and_nothing_kept(
    office: Office, content: Content, reason: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await office.create(ME, content, ExportFormat.CSV, request=a_request())
    assert refused.value.reason == reason
    assert await office.exports.page(TENANT, after="", limit=10) == []


async def test_nobody_takes_away_what_he_may_not_read(office: Office) -> None:
    clerk = Caller(TENANT, "clerk", frozenset({"orders.read"}))
    with pytest.raises(PermissionDenied) as refused:
        await office.create(clerk, BARS, ExportFormat.CSV, request=a_request())
    assert refused.value.facts == {"scope": "market_data.read"}


async def test_the_same_request_makes_one_export(office: Office) -> None:
    request = a_request(name="once")
    first, second = [
        await office.create(ME, BARS, ExportFormat.CSV, request=request) for _ in range(2)
    ]
    assert first.export_id == second.export_id
    other = a_request(name="once", body=b"another")
    with pytest.raises(RequestIdReused):
        await office.create(ME, BARS, ExportFormat.CSV, request=other)


async def test_validate_only_keeps_nothing(office: Office) -> None:
    export = await office.create(
        ME, BARS, ExportFormat.CSV, request=a_request(), validate_only=True
    )
    assert (export.export_id, export.total_row_count) == ("", 300)
    assert await office.exports.page(TENANT, after="", limit=10) == []


async def test_a_canceled_export_leaves_no_file(office: Office) -> None:
    office.files.go_on.clear()
    export = await office.create(ME, BARS, ExportFormat.CSV, request=a_request())
    await office.files.reached.wait()
    with pytest.raises(NotAllowedNow) as refused:
        await office.rows(export)
    assert refused.value.reason == "EXPORT_NOT_DONE"
    asked = await office.cancel(export.export_id, request=a_request(), validate_only=True)
    assert asked.state is ExportState.CANCELED
    assert (await office.exports.get(TENANT, export.export_id)).is_active

    canceled = await office.cancel(export.export_id, request=a_request())
    assert canceled.state is ExportState.CANCELED
    assert list((office.house.folder / "exports").iterdir()) == []
    with pytest.raises(NotAllowedNow) as refused:
        await office.cancel(export.export_id, request=a_request())
    assert refused.value.reason == "EXPORT_ENDED"


async def test_what_a_crash_left_is_written_anew(office: Office) -> None:
    office.files.go_on.clear()
    export = await office.create(ME, BARS, ExportFormat.CSV, request=a_request())
    await office.files.reached.wait()
    await office.run.drain()

    after = an_office(office.house, ids_from=10)
    await after.run.resume()
    await after.run.wait(export.export_id)
    done = await after.exports.get(TENANT, export.export_id)
    assert done.state is ExportState.SUCCEEDED
    assert len(await after.rows(done)) == 301


async def test_a_file_can_be_had_for_a_day(office: Office) -> None:
    export = await office.done(BARS)
    office.house.clock.ts = export.expire_ts - 10_000_000
    assert await office.rows(export)
    office.house.clock.ts += LIFE
    with pytest.raises(NotAllowedNow) as refused:
        await office.rows(export)
    assert refused.value.reason == "EXPORT_EXPIRED"

    second = await office.done(BARS)
    expired = await office.exports.get(TENANT, export.export_id)
    assert (expired.state, second.state) == (ExportState.EXPIRED, ExportState.SUCCEEDED)
    names = [path.name for path in (office.house.folder / "exports").iterdir()]
    assert names == [f"{second.export_id}.file"]


async def test_a_disk_that_refuses_fails_the_export_with_a_reason(office: Office) -> None:
    (office.house.folder / "exports").write_text("no folder")
    export = await office.create(ME, BARS, ExportFormat.CSV, request=a_request())
    await office.run.wait(export.export_id)
    failed = await office.exports.get(TENANT, export.export_id)
    assert (failed.state, failed.error_reason) == (ExportState.FAILED, "STORE_UNAVAILABLE")


async def test_another_tenants_export_is_not_there(office: Office) -> None:
    export = await office.done(BARS)
    for tenant in ("other", ""):
        with pytest.raises(NotFound):
            await office.read.get(tenant, export.export_id)
    assert await office.read.page("other", 0, "") == ([], "")

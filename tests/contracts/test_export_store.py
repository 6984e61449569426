"""What every store of exports promises."""

import msgspec
import pytest

from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.export_store import SqlExportStore
from domain.errors import NotAllowedNow, NotFound
from domain.exports.export import (
    LIFE,
    AccountContent,
    BacktestContent,
    BarsContent,
    Content,
    Export,
    ExportFormat,
    ExportState,
)
from ports.event_bus import EventBus
from ports.export_store import ExportStore
from ports.request_log import RequestIdReused, RequestKey
from tests.houses import Ticking, a_request

BARS = BarsContent("AAPL.XNAS", "1d", start_ts=5)


def an_export(name: str = "exp_1", tenant: str = "local", content: Content = BARS) -> Export:
    return Export(tenant, name, content, ExportFormat.CSV, create_ts=1, total_row_count=7)


@pytest.fixture
def stores(database: Database) -> tuple[ExportStore, EventBus]:
    return SqlExportStore(database, Ticking()), SqlEventBus(database)


@pytest.fixture
def exports(stores: tuple[ExportStore, EventBus]) -> ExportStore:
    return stores[0]


@pytest.mark.parametrize(
    "content", [BARS, AccountContent("acc_1", "fills"), BacktestContent("bt_1", "equity")]
)
async def test_an_export_comes_back_as_it_was_kept(exports: ExportStore, content: Content) -> None:
    assert await exports.create(an_export(content=content)) == an_export(content=content)
    assert await exports.get("local", "exp_1") == an_export(content=content)
    for tenant, name in (("other", "exp_1"), ("local", "exp_2")):
        with pytest.raises(NotFound) as refused:
            await exports.get(tenant, name)
        assert refused.value.reason == "EXPORT_NOT_FOUND"


async def test_one_request_makes_one_export(exports: ExportStore) -> None:
    request = a_request()
    await exports.create(an_export(), request=request)
    assert await exports.create(an_export("exp_2"), request=request) == an_export()
    assert await exports.answered(request) == an_export()
    other = RequestKey("local", "me", "Method", request.request_id, b"another body")
    with pytest.raises(RequestIdReused):
        await exports.create(an_export("exp_2"), request=other)


async def test_pages_are_newest_first_and_a_tenants_own(exports: ExportStore) -> None:
    for number in range(5):
        await exports.create(an_export(f"exp_{number}"))
    await exports.create(an_export("exp_x", "other"))
    first = await exports.page("local", after="", limit=3)
    assert [one.export_id for one in first] == ["exp_4", "exp_3", "exp_2"]
    rest = await exports.page("local", after="exp_2", limit=3)
    assert [one.export_id for one in rest] == ["exp_1", "exp_0"]


async def test_a_change_is_told_and_one_that_raises_changes_nothing(
    stores: tuple[ExportStore, EventBus],
) -> None:
    exports, bus = stores
    await exports.create(an_export())
    await exports.change("local", "exp_1", lambda one: one.advanced(3))
    ended = await exports.change("local", "exp_1", lambda one: one.canceled(9))
    with pytest.raises(NotAllowedNow):
        await exports.change("local", "exp_1", lambda one: one.canceled(10))
    assert await exports.get("local", "exp_1") == ended
    events = await bus.read("exports", "exp_1", after=0, limit=10)
    told = [msgspec.msgpack.decode(event.payload, type=Export) for event in events]
    assert [(one.state, one.row_count) for one in told] == [
        (ExportState.RUNNING, 0),
        (ExportState.RUNNING, 3),
        (ExportState.CANCELED, 3),
    ]


async def test_what_runs_and_what_has_a_file_is_found_again(exports: ExportStore) -> None:
    for name in ("exp_1", "exp_2", "exp_3"):
        await exports.create(an_export(name, tenant=name))
    done = await exports.change(
        "exp_2", "exp_2", lambda one: one.succeeded(50, row_count=7, size_bytes=99)
    )
    assert [one.export_id for one in await exports.to_do()] == ["exp_1", "exp_3"]
    assert await exports.kept() == [done]
    assert done.expire_ts == 50 + LIFE
    await exports.change("exp_2", "exp_2", lambda one: one.expired())
    assert await exports.kept() == []

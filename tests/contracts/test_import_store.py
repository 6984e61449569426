"""What an import store promises beyond what the imports' own tests ask of it."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from adapters.sql.database import Database
from domain.errors import NotAllowedNow, NotFound
from domain.market_data.imports import (
    Content,
    FileFormat,
    Import,
    ImportState,
    RefusedRow,
    SyntheticTerms,
)
from domain.market_data.quality.finding import Finding, FindingKind, Quality
from ports.import_store import ImportStore
from ports.request_log import RequestIdReused
from tests.unit.market_data.house import House, a_house, a_request

ROWS = [RefusedRow(line, "high", "NOT_A_NUMBER", "x") for line in range(3, 8)]
FINDINGS = [
    Finding(FindingKind.GAP, 50, 60, 3),
    Finding(FindingKind.DUPLICATE, 20, line=4),
    Finding(FindingKind.OUTLIER, 20, line=9, detail="high 9 between 1 and 1"),
    Finding(FindingKind.OFF_SESSION, -5, count=2, line=1),
]


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncIterator[House]:
    async with a_house(tmp_path, working=False, database=database) as house:
        yield house


@pytest.fixture
def store(house: House) -> ImportStore:
    return house.imports


def an_import(name: str = "imp_1", tenant: str = "local") -> Import:
    return Import(name, tenant, "AAPL.XNAS", "1d", "", create_ts=5)


async def a_running_import(
    store: ImportStore, name: str = "imp_1", tenant: str = "local"
) -> Import:
    request = a_request(name, tenant=tenant)
    await store.create(an_import(name, tenant), request)
    return await store.change(tenant, name, lambda now: now.receive(0, 9, last=True))


async def test_an_import_comes_back_whole(store: ImportStore) -> None:
    full = msgspec.structs.replace(
        an_import(),
        content=Content.QUOTES,
        format=FileFormat.PARQUET,
        columns={"time": "Day"},
        delimiter=";",
        skip_refused_rows=True,
        synthetic=SyntheticTerms(2**64 - 1, date(2024, 1, 2), 5, Decimal("0.01")),
        quality=Quality("XNYS", 5, 1, {"GAP": 1}, 9),
        refused_rows=tuple(ROWS),
    )
    await store.create(full, a_request("a"))
    assert await store.get("local", "imp_1") == full


async def test_the_first_answer_is_given_again_whatever_happened_since(store: ImportStore) -> None:
    first = await store.create(an_import(), a_request("a"))
    await store.change("local", "imp_1", lambda now: now.receive(0, 9, last=True))
    assert await store.create(an_import("imp_2"), a_request("a")) == first
    assert await store.answered(a_request("a")) == first
    assert await store.answered(a_request("b")) is None


async def test_a_repeated_change_changes_nothing(store: ImportStore) -> None:
    await a_running_import(store)
    request = a_request("cancel")
    canceled = await store.change("local", "imp_1", lambda now: now.cancel(7), request=request)
    assert canceled.state is ImportState.CANCELED
    again = await store.change("local", "imp_1", lambda now: now.cancel(8), request=request)
    assert again == canceled
    with pytest.raises(NotAllowedNow):
        await store.change("local", "imp_1", lambda now: now.cancel(8))
    with pytest.raises(RequestIdReused):
        await store.change(
            "local", "imp_1", lambda now: now, request=a_request("cancel", "another body")
        )


async def test_a_request_id_with_another_body_is_refused_everywhere(store: ImportStore) -> None:
    await store.create(an_import(), a_request("a", "one"))
    with pytest.raises(RequestIdReused):
        await store.create(an_import("imp_2"), a_request("a", "two"))
    with pytest.raises(RequestIdReused):
        await store.answered(a_request("a", "two"))
    assert len(await store.page("local", after="", limit=10)) == 1


async def test_request_ids_of_two_tenants_are_two(store: ImportStore) -> None:
    await store.create(an_import("imp_1"), a_request("a"))
    other = an_import("imp_2", "other")
    assert await store.create(other, a_request("a", tenant="other")) == other


async def test_what_is_unfinished_is_told_oldest_first_of_all_tenants(store: ImportStore) -> None:
    await a_running_import(store, "imp_0")
    await store.create(an_import("imp_1", "other"), a_request("1", tenant="other"))
    await a_running_import(store, "imp_2")
    await a_running_import(store, "imp_3")
    await store.change("local", "imp_0", lambda now: now.succeed(9, kept=1))
    await store.change("local", "imp_3", lambda now: now.cancel(9))
    unfinished = await store.unfinished()
    assert [(one.import_id, one.state) for one in unfinished] == [
        ("imp_1", ImportState.UPLOADING),
        ("imp_2", ImportState.RUNNING),
    ]


async def test_every_change_is_told_to_whoever_follows(store: ImportStore, house: House) -> None:
    running = await a_running_import(store)
    await store.change("local", "imp_1", lambda now: now)
    events = await house.bus.read("imports", "imp_1", after=0)
    told = [msgspec.msgpack.decode(event.payload, type=Import) for event in events]
    assert told == [an_import(), running]
    assert {(event.tenant, event.kind) for event in events} == {("local", "import")}


async def test_refused_rows_and_findings_are_kept_with_the_change_that_told_them(
    store: ImportStore,
) -> None:
    await a_running_import(store)
    read = await store.change(
        "local", "imp_1", lambda now: now.read(9, 0, ROWS), refused=ROWS, findings=FINDINGS
    )
    assert (read.refused_row_count, read.refused_rows) == (5, tuple(ROWS))
    rows = await store.refused_rows("local", "imp_1", after=4, limit=2)
    assert rows == ROWS[2:4]
    first = await store.findings("local", "imp_1", after="", limit=2)
    rest = await store.findings("local", "imp_1", after=first[-1][0], limit=9)
    in_time = [FINDINGS[3], FINDINGS[1], FINDINGS[2], FINDINGS[0]]
    assert [one for _, one in (*first, *rest)] == in_time
    with pytest.raises(NotFound):
        await store.refused_rows("other", "imp_1", after=0, limit=9)
    with pytest.raises(NotFound):
        await store.findings("other", "imp_1", after="", limit=9)


async def test_to_begin_again_forgets_what_was_found(store: ImportStore) -> None:
    await a_running_import(store)
    await a_running_import(store, "imp_2")
    for name in ("imp_1", "imp_2"):
        await store.change(
            "local", name, lambda now: now.read(9, 0, ROWS), refused=ROWS, findings=FINDINGS
        )
    begun = await store.begin("local", "imp_1")
    assert (begun.refused_row_count, begun.refused_rows, begun.read_rows) == (0, (), 0)
    assert await store.refused_rows("local", "imp_1", after=0, limit=9) == []
    assert await store.findings("local", "imp_1", after="", limit=9) == []
    assert await store.refused_rows("local", "imp_2", after=0, limit=9) == ROWS


async def test_what_is_told_of_an_import_that_has_ended_is_not_kept(store: ImportStore) -> None:
    await a_running_import(store)
    canceled = await store.change("local", "imp_1", lambda now: now.cancel(7))
    late = await store.change("local", "imp_1", lambda now: now.read(9, 0, ROWS), refused=ROWS)
    assert late == canceled
    assert await store.refused_rows("local", "imp_1", after=0, limit=9) == []


async def test_a_change_that_raises_keeps_nothing(store: ImportStore) -> None:
    running = await a_running_import(store)

    def fall(now: Import) -> Import:
        raise NotAllowedNow("no", reason="NO")

    with pytest.raises(NotAllowedNow):
        await store.change("local", "imp_1", fall, refused=ROWS, request=a_request("x"))
    assert await store.get("local", "imp_1") == running
    assert await store.refused_rows("local", "imp_1", after=0, limit=9) == []
    assert await store.answered(a_request("x")) is None
